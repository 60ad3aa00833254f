import { createRoot } from "react-dom/client";
import { App } from "./app";
import { loadConfig, type SiteConfig } from "./config";
import { LanguageProvider } from "./i18n/language";
import { openSession } from "./session";
import { Halted } from "./welcome";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/chart.css";
import "./styles/goal.css";
import "./styles/pages.css";

async function start(root: ReturnType<typeof createRoot>): Promise<void> {
  let config: SiteConfig;
  try {
    config = await loadConfig();
  } catch (error) {
    root.render(
      <LanguageProvider>
        <Halted kind="start" error={error} />
      </LanguageProvider>,
    );
    return;
  }
  try {
    const session = await openSession(config);
    const signedIn = (await session.token()) !== null;
    root.render(<App config={config} session={session} signedIn={signedIn} />);
  } catch (error) {
    root.render(
      <LanguageProvider>
        <Halted kind="signIn" error={error} onSignIn={() => window.location.assign("/")} />
      </LanguageProvider>,
    );
  }
}

const container = document.getElementById("app");
if (!container) throw new Error("index.html has no element with the id app");
void start(createRoot(container));

import { type ReactNode, useEffect, useMemo, useRef } from "react";
import { createApi } from "./api/client";
import type { SiteConfig } from "./config";
import { ApiProvider } from "./context";
import { GoalPage } from "./goal/goal-page";
import { GoalsPage } from "./goals/goals-page";
import { LanguageProvider, useLanguage } from "./i18n/language";
import { linkTo, useRoute } from "./router";
import type { Session } from "./session";
import { Welcome } from "./welcome";

interface Props {
  config: SiteConfig;
  session: Session;
  signedIn: boolean;
}

function LanguageSwitch() {
  const { language, setLanguage } = useLanguage();
  const other = language === "en" ? "ja" : "en";
  return (
    <button type="button" className="quiet" lang={other} onClick={() => setLanguage(other)}>
      {other === "ja" ? "日本語" : "English"}
    </button>
  );
}

/** The sheet in nine squares with the sun in the middle: the product's mark. */
export function Mark() {
  return <img className="mark" src="/favicon.svg" alt="" width="28" height="28" />;
}

function Frame({ session, signedIn, children }: { session: Session; signedIn: boolean; children: ReactNode }) {
  const { texts } = useLanguage();
  return (
    <>
      <header className="bar">
        <a className="brand" {...linkTo("/")}>
          <Mark />
          <span>{texts.product}</span>
        </a>
        <div className="bar-end">
          <LanguageSwitch />
          {signedIn && (
            <>
              <span className="person">{session.email}</span>
              <button type="button" className="quiet" onClick={() => void session.signOut()}>
                {texts.signOut}
              </button>
            </>
          )}
        </div>
      </header>
      {children}
    </>
  );
}

function Pages() {
  const route = useRoute();
  const { texts } = useLanguage();
  switch (route.page) {
    case "goals":
      return <GoalsPage />;
    case "goal":
      return <GoalPage key={route.goalId} goalId={route.goalId} />;
    default:
      return (
        <main className="page">
          <h1>{texts.notFound}</h1>
          <a {...linkTo("/")}>{texts.back}</a>
        </main>
      );
  }
}

function SignedIn({ config, session }: Pick<Props, "config" | "session">) {
  const leaving = useRef(false);
  const api = useMemo(
    () =>
      createApi({
        baseUrl: config.apiUrl,
        token: () => session.token(),
        onUnauthorized() {
          // Several requests may be refused at once; the first one leaves for the sign-in page.
          if (leaving.current || session.isFresh()) return;
          leaving.current = true;
          void session.signIn(window.location.pathname);
        },
      }),
    [config, session],
  );
  return (
    <ApiProvider value={api}>
      <Pages />
    </ApiProvider>
  );
}

function Title() {
  const { texts } = useLanguage();
  const route = useRoute();
  useEffect(() => {
    if (route.page !== "goal") document.title = texts.product;
  }, [route.page, texts]);
  return null;
}

/** The whole site: a welcome for who is not signed in, the goals and their charts for who is. */
export function App({ config, session, signedIn }: Props) {
  return (
    <LanguageProvider>
      <Title />
      <Frame session={session} signedIn={signedIn}>
        {signedIn ? (
          <SignedIn config={config} session={session} />
        ) : (
          <Welcome onSignIn={() => session.signIn(window.location.pathname)} />
        )}
      </Frame>
    </LanguageProvider>
  );
}

import { useState } from "react";
import { Swatch } from "./goals/swatch";
import { useLanguage } from "./i18n/language";
import { ProblemNotice } from "./problem";

/** What a visitor sees first: what this is, and the way in. */
export function Welcome({ onSignIn }: { onSignIn: () => Promise<void> }) {
  const { texts } = useLanguage();
  const [error, setError] = useState<unknown>(null);
  return (
    <main className="welcome">
      <div className="welcome-text">
        <h1>
          {texts.tagline.map((line) => (
            <span key={line}>{line} </span>
          ))}
        </h1>
        <p>{texts.welcome}</p>
        <button type="button" className="primary" onClick={() => onSignIn().catch(setError)}>
          {texts.signIn}
        </button>
        {error !== null && <ProblemNotice error={error} />}
      </div>
      <Swatch progress={62} className="welcome-art" />
    </main>
  );
}

/** The site without a session to show: the configuration is missing or the sign-in failed. */
export function Halted({ kind, error, onSignIn }: { kind: "start" | "signIn"; error: unknown; onSignIn?: () => void }) {
  const { texts } = useLanguage();
  return (
    <main className="page">
      <h1>{texts.problems[kind]}</h1>
      <p className="fine" lang="en">
        {error instanceof Error ? error.message : String(error)}
      </p>
      {onSignIn && (
        <button type="button" className="primary" onClick={onSignIn}>
          {texts.signInAgain}
        </button>
      )}
    </main>
  );
}

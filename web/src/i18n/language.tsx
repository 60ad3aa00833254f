import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { en, type Texts } from "./en";
import { ja } from "./ja";

export type Language = "en" | "ja";

const TEXTS: Record<Language, Texts> = { en, ja };
const STORAGE_KEY = "goal-mandala.language";

/** The language chosen before, else the first of the browser's languages that the interface speaks. */
export function preferredLanguage(stored: string | null, browser: readonly string[]): Language {
  if (stored === "en" || stored === "ja") return stored;
  for (const tag of browser) {
    const language = tag.toLowerCase().split("-")[0];
    if (language === "en" || language === "ja") return language;
  }
  return "en";
}

/** The language of a text somebody wrote, by its script: it decides line breaks, fonts and a screen reader's voice. */
export function languageOf(text: string): Language {
  return /[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]/.test(text) ? "ja" : "en";
}

interface LanguageValue {
  language: Language;
  setLanguage(language: Language): void;
  texts: Texts;
  formatDate(date: string): string;
}

const LanguageContext = createContext<LanguageValue | null>(null);

/** A date-only value is a calendar day: read as UTC it would turn into the day before, west of Greenwich. */
export function formatDay(date: string, language: Language): string {
  const [year, month, day] = date.slice(0, 10).split("-").map(Number);
  return new Intl.DateTimeFormat(language, { year: "numeric", month: "long", day: "numeric", timeZone: "UTC" }).format(
    Date.UTC(year ?? 1970, (month ?? 1) - 1, day ?? 1),
  );
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(() =>
    preferredLanguage(window.localStorage.getItem(STORAGE_KEY), navigator.languages),
  );
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const value = useMemo<LanguageValue>(
    () => ({
      language,
      setLanguage(next) {
        window.localStorage.setItem(STORAGE_KEY, next);
        setLanguage(next);
      },
      texts: TEXTS[language],
      formatDate: (date) => formatDay(date, language),
    }),
    [language],
  );
  return <LanguageContext value={value}>{children}</LanguageContext>;
}

export function useLanguage(): LanguageValue {
  const value = useContext(LanguageContext);
  if (!value) throw new Error("useLanguage needs a LanguageProvider above it");
  return value;
}

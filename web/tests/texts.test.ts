import { expect, test } from "vitest";
import { ApiError } from "../src/api/client";
import { en } from "../src/i18n/en";
import { ja } from "../src/i18n/ja";
import { formatDay, languageOf, preferredLanguage } from "../src/i18n/language";
import { explain } from "../src/problem";
import { parseRoute } from "../src/router";

function leaves(texts: object, path = ""): [string, unknown][] {
  return Object.entries(texts).flatMap(([key, value]) =>
    value !== null && typeof value === "object" ? leaves(value, `${path}${key}.`) : [[`${path}${key}`, value]],
  );
}

test("both languages have the same texts and none is left untranslated", () => {
  const english = new Map(leaves(en));
  const japanese = leaves(ja);
  expect(japanese.map(([key]) => key)).toEqual([...english.keys()]);
  const same = japanese.filter(([key, text]) => typeof text === "string" && text === english.get(key));
  expect(same).toEqual([]);
});

test("the browser's first language that the interface speaks is taken, and a choice goes before it", () => {
  expect(preferredLanguage(null, ["fr-FR", "ja-JP", "en"])).toBe("ja");
  expect(preferredLanguage(null, ["fr"])).toBe("en");
  expect(preferredLanguage("en", ["ja"])).toBe("en");
});

test("a text's language is told by its script", () => {
  expect(languageOf("献立")).toBe("ja");
  expect(languageOf("アレルギー")).toBe("ja");
  expect(languageOf("Run 50 km")).toBe("en");
});

test("a deadline is the same day everywhere", () => {
  expect(formatDay("2028-09-02", "en")).toBe("September 2, 2028");
  expect(formatDay("2028-09-02", "ja")).toBe("2028年9月2日");
});

test("failures are explained by what a person can do", () => {
  expect(explain(new ApiError(0, null), en)).toContain("Check your connection");
  expect(explain(new ApiError(429, null, 7), en)).toBe("Too many requests. Try again in 7 seconds.");
  expect(explain(new ApiError(400, { title: "Bad Request", detail: "title is too long" }), en)).toBe(
    "title is too long",
  );
  expect(explain(new ApiError(500, { title: "Internal", detail: "stack trace" }), en)).not.toContain("stack");
});

test("addresses name pages", () => {
  expect(parseRoute("/")).toEqual({ page: "goals" });
  expect(parseRoute("/goals/abc")).toEqual({ page: "goal", goalId: "abc" });
  expect(parseRoute("/goals/abc/else")).toEqual({ page: "unknown" });
});

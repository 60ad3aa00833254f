import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const TEXT = 4.5;
const PARTS = 3;
const css = readFileSync("src/styles/tokens.css", "utf8");

function tokens(text: string): Map<string, string> {
  return new Map([...text.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6});/g)].map((match) => [match[1] ?? "", match[2] ?? ""]));
}

const split = css.indexOf("@media (prefers-color-scheme: dark)");
const light = tokens(css.slice(0, split));
const dark = new Map([...light, ...tokens(css.slice(split))]);

/** WCAG 2.2, relative luminance. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const channel = Number.parseInt(color.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const PAIRS: [string, string, number][] = [
  ["--ink", "--page", TEXT],
  ["--ink", "--surface", TEXT],
  ["--ink-soft", "--page", TEXT],
  ["--ink-soft", "--surface", TEXT],
  ["--on-action", "--action", TEXT],
  ["--alarm", "--page", TEXT],
  ["--ink", "--alarm-surface", TEXT],
  ["--ink-soft", "--alarm-surface", TEXT],
  ["--on-sun", "--sun", TEXT],
  ["--control-line", "--page", PARTS],
  ["--control-line", "--surface", PARTS],
  ["--action", "--line", PARTS],
  ...Array.from({ length: 7 }, (_, shade): [string, string, number] => [
    `--on-cloth-${shade}`,
    `--cloth-${shade}`,
    TEXT,
  ]),
];

describe.each([
  ["light", light],
  ["dark", dark],
])("in the %s scheme", (_, colours) => {
  test.each(PAIRS)("%s on %s reaches %d to 1", (front, back, least) => {
    const [a, b] = [colours.get(front), colours.get(back)];
    expect(a, front).toBeDefined();
    expect(b, back).toBeDefined();
    expect(contrast(a ?? "", b ?? "")).toBeGreaterThanOrEqual(least);
  });

  test("neighbouring shades of the dye can be told apart", () => {
    for (let shade = 1; shade < 7; shade += 1) {
      const ratio = contrast(colours.get(`--cloth-${shade}`) ?? "", colours.get(`--cloth-${shade - 1}`) ?? "");
      expect(ratio, `cloth-${shade}`).toBeGreaterThan(1.15);
    }
  });
});

test("the measure of contrast is WCAG's", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});

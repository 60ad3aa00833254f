export const SHADES = 7;

/** Progress as one of seven depths of indigo: 0 is undyed, 6 is done; any start shows, and only done is the deepest. */
export function shadeOf(progress: number): number {
  if (progress <= 0) return 0;
  if (progress >= 100) return SHADES - 1;
  return Math.min(SHADES - 2, 1 + Math.floor(progress / 20));
}

/** How much room a text asks for, in Latin letters. A Japanese character is two wide and counts for more: its phrases break less often. */
export function textWeight(text: string): number {
  let weight = 0;
  for (const character of text) weight += (character.codePointAt(0) ?? 0) > 0x2e7f ? 2.6 : 1;
  return weight;
}

/** Keeps a number and its unit on one line: "80 km" must not break after the 80. */
export function withUnits(text: string): string {
  return text.replace(/(\d) (?=\p{L}{1,3}(?!\p{L}))/gu, "$1\u00a0");
}

export type TextSize = "large" | "medium" | "small" | "tiny";

/** The type size at which a title fits its cell; what is still too long is cut there and whole in the panel. */
export function textSize(text: string): TextSize {
  const weight = textWeight(text);
  if (weight <= 14) return "large";
  if (weight <= 28) return "medium";
  return weight <= 52 ? "small" : "tiny";
}

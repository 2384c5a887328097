import type { Result } from "./comparison.ts";
import { median } from "./figures.ts";
import { milliseconds } from "./rows.ts";

const [width, left, barWidth, lineHeight] = [900, 300, 500, 20] as const;
const colours = { ours: "#2563eb", floor: "#94a3b8", peer: "#d97706" } as const;

/** The comparisons as bars, each on its own logarithmic scale. */
export function plot(results: readonly Result[]): string {
  let top = 24;
  const parts: string[] = [];
  for (const result of results.filter(({ entries }) => entries.some(({ samples }) => samples.length > 0))) {
    const { text, height } = chart(result, top);
    parts.push(text);
    top += height;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" font-family="system-ui, sans-serif" font-size="13">
<rect width="${width}" height="${top}" fill="#ffffff"/>
${legend()}
${parts.join("\n")}
</svg>
`;
}

function chart({ comparison, entries }: Result, top: number): { text: string; height: number } {
  const shown = entries
    .filter(({ samples }) => samples.length > 0)
    .map((entry) => ({ name: entry.contender.name, role: entry.contender.role, ms: median(entry) }));
  const [least, most] = [Math.min(...shown.map(({ ms }) => ms)) / 2, Math.max(...shown.map(({ ms }) => ms))];
  const length = (ms: number) => (Math.log(ms / least) / Math.log(most / least)) * barWidth;
  const bars = shown
    .sort((a, b) => a.ms - b.ms)
    .map(({ name, role, ms }, index) => {
      const y = top + 28 + index * lineHeight;
      return `<text x="${left - 8}" y="${y + 12}" text-anchor="end" fill="#111827">${escape(name)}</text>
<rect x="${left}" y="${y}" width="${length(ms).toFixed(1)}" height="15" fill="${colours[role]}"/>
<text x="${(left + length(ms) + 6).toFixed(1)}" y="${y + 12}" fill="#374151">${milliseconds(ms)}</text>`;
    });
  return {
    text: `<text x="16" y="${top + 16}" font-weight="600" fill="#111827">${escape(comparison.title)}</text>\n${bars.join("\n")}`,
    height: 48 + shown.length * lineHeight,
  };
}

function legend(): string {
  const words = { ours: "stepbook", floor: "the floor", peer: "another tool" } as const;
  return (Object.keys(words) as (keyof typeof words)[])
    .map(
      (role, index) =>
        `<rect x="${left + index * 130}" y="6" width="12" height="12" fill="${colours[role]}"/><text x="${left + 18 + index * 130}" y="17" fill="#374151">${words[role]}</text>`,
    )
    .join("");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

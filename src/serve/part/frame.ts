/**
 * What stands in a frame of its own: scripts run there, without an origin, a network or a way to anything of the page
 * around it. All that it may tell is how tall it is.
 */
export const frameRights =
  "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

const tellsHeight =
  "<script>new ResizeObserver(() => parent.postMessage({ stepbookHeight: document.documentElement.offsetHeight }, '*')).observe(document.documentElement);</script>";

/** HTML that a step displayed, whole or a piece of it. */
export function framedHtml(content: string): string {
  const style = "<style>:root { color-scheme: light; } body { margin: 0; font: 14px/1.5 system-ui, sans-serif; }</style>";
  return /^\s*<(?:!doctype|html)/i.test(content)
    ? `${content}${tellsHeight}`
    : `<!doctype html><meta charset="utf-8">${style}${content}${tellsHeight}`;
}

/** A chart: its specification as data, and the script that draws it. */
export function framedChart(spec: unknown, script: string): string {
  const data = JSON.stringify(spec).replaceAll("<", "\\u003c");
  return framedHtml(`<div id="chart"></div><script type="application/json" id="spec">${data}</script><script>${script}</script>`);
}

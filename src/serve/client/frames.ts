const [least, most] = [24, 1200];

/** A frame is as tall as what it holds. It may say nothing else; what it says is believed of its own height only. */
export function startFrames(): void {
  addEventListener("message", ({ source, data }) => {
    const tall = (data as { stepbookHeight?: unknown } | null)?.stepbookHeight;
    const frame = [...document.querySelectorAll<HTMLIFrameElement>("iframe.figure")].find(({ contentWindow }) => contentWindow === source);
    if (frame && typeof tall === "number" && tall > 0) frame.style.height = `${Math.min(most, Math.max(least, Math.ceil(tall))) + 22}px`;
  });
}

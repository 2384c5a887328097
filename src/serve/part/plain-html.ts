const harmless = /<(\/?)(table|thead|tbody|tfoot|caption|tr|th|td|p|b|i|em|strong|small|code|pre|h[1-6]|ul|ol|li|sub|sup|br|hr)>/g;
const single = new Set(["br", "hr"]);

/**
 * Whether HTML is made of well-nested tags without a single attribute, all of them of this list: then
 * it can do nothing and stands in the page itself, as a table's preview does. All else is framed.
 */
export function plainHtml(text: string): boolean {
  const open: string[] = [];
  let nested = true;
  const rest = text.replace(harmless, (_, closing: string, tag: string) => {
    if (single.has(tag)) return "";
    if (closing === "") open.push(tag);
    else if (open.pop() !== tag) nested = false;
    return "";
  });
  return nested && open.length === 0 && !rest.includes("<");
}

import MarkdownIt from "markdown-it";
import { trusted, type Html } from "../html.ts";

// No HTML inside, no images (they would be loaded from elsewhere), links to the web only.
const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false }).disable(["image"]);
markdown.validateLink = (url) => /^https?:\/\//i.test(url.trim());
markdown.renderer.rules["link_open"] = (tokens, index, options, _env, self) => {
  tokens[index]!.attrSet("rel", "noopener noreferrer");
  return self.renderToken(tokens, index, options);
};
// Alignment comes as a style, which pages do not allow.
for (const rule of ["th_open", "td_open"]) {
  markdown.renderer.rules[rule] = (tokens, index, options, _env, self) => {
    const token = tokens[index]!;
    const align = /text-align:(\w+)/.exec(String(token.attrGet("style") ?? ""))?.[1];
    token.attrs = align ? [["class", `align-${align}`]] : null;
    return self.renderToken(tokens, index, options);
  };
}
// A step's heading stands below the page's own.
for (const rule of ["heading_open", "heading_close"]) {
  markdown.renderer.rules[rule] = (tokens, index, options, _env, self) => {
    const token = tokens[index]!;
    token.tag = `h${Math.min(6, Number(token.markup.length || 1) + 1)}`;
    return self.renderToken(tokens, index, options);
  };
}

export function prose(text: string): Html {
  return trusted(markdown.render(text));
}

// SPDX-License-Identifier: MIT
// How the element looks: its shadow tree, and the style that a page changes by ::part() and custom properties.

const STYLE = `
:host { display: inline-flex; align-items: center; gap: .5em; font: 16px/1.3 system-ui, sans-serif; }
:host([hidden]) { display: none; }
button {
  display: inline-flex; align-items: center; gap: .5em; min-height: 44px; min-width: 44px; padding: 0 1.1em;
  border: 0; border-radius: 22px; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--web-phone-on-accent, #fff); background: var(--web-phone-accent, #0b6e3f);
}
button:hover { filter: brightness(1.1); }
button:focus-visible { outline: 3px solid var(--web-phone-focus, #1a73e8); outline-offset: 2px; }
button[aria-pressed=true], [part~=mute] { color: inherit; background: #8883; }
button[aria-pressed=true] { background: #8886; }
:host(:not([state=idle], [state=ended])) [part~=button] { background: var(--web-phone-end, #b3261e); }
[hidden] { display: none; }
svg { width: 1.25em; height: 1.25em; fill: currentColor; }
[part~=timer] { font-variant-numeric: tabular-nums; }
@media (forced-colors: active) { button { border: 1px solid; } }
`;

const HANDSET =
  "M6.6 10.8a15 15 0 0 0 6.6 6.6l2.2-2.2a1 1 0 0 1 1-.25 11 11 0 0 0 3.6.58 1 1 0 0 1 1 1V20a1 1 0 0 1-1 1" +
  "A17 17 0 0 1 3 4a1 1 0 0 1 1-1h3.5a1 1 0 0 1 1 1 11 11 0 0 0 .58 3.6 1 1 0 0 1-.25 1z";

export interface Look {
  readonly button: HTMLButtonElement;
  readonly label: HTMLElement;
  /** The page's own words for the button, shown while there is no call. */
  readonly own: HTMLSlotElement;
  readonly mute: HTMLButtonElement;
  readonly status: HTMLElement;
  readonly timer: HTMLElement;
}

export function draw(root: ShadowRoot): Look {
  const sheet = new CSSStyleSheet(); // not an inline style: a page's content security policy lets it pass
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const part = <K extends keyof HTMLElementTagNameMap>(tag: K, name: string): HTMLElementTagNameMap[K] => {
    const element = document.createElement(tag);
    element.setAttribute("part", name);
    return element;
  };
  const button = part("button", "button");
  const mute = part("button", "mute");
  const label = part("span", "label");
  const own = document.createElement("slot");
  const status = part("span", "status");
  const timer = part("span", "timer");
  button.type = mute.type = "button";
  // Changes are spoken; the running time is not.
  status.setAttribute("role", "status");
  status.id = "status";
  button.setAttribute("aria-describedby", status.id);
  timer.setAttribute("aria-hidden", "true");
  button.append(icon(), own, label);
  root.append(button, mute, status, timer);
  return { button, label, own, mute, status, timer };
}

function icon(): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("part", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", HANDSET);
  svg.append(path);
  return svg;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// A round button with its word under it: what one does in a call.

import type { ComponentChildren, JSX, RefObject } from "preact";

interface RoundControlProps {
  look: "plain" | "green" | "red";
  testId: string;
  /** The accessible name; `shown` where the word under the button says more. */
  label: string;
  shown?: string;
  /** Of a button that is on or off. */
  pressed?: boolean;
  button?: RefObject<HTMLButtonElement | null>;
  onClick: () => void;
  children: ComponentChildren;
}

export function RoundControl(props: RoundControlProps): JSX.Element {
  const { look, testId, label, shown = label, pressed, button, onClick, children } = props;
  return (
    <div class="control">
      <button
        {...(button && { ref: button })}
        type="button"
        class={`round ${look}`}
        data-testid={testId}
        aria-label={label}
        {...(pressed !== undefined && { "aria-pressed": pressed })}
        onClick={onClick}
      >
        {children}
      </button>
      <span class="control-label" aria-hidden="true">
        {shown}
      </span>
    </div>
  );
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Twelve keys. One stop for the Tab key; the arrows move inside (roving focus), as in the ARIA practices
// for grids. Holding 0 gives +, where the place it is used in has a plus.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { t } from "../i18n";

const KEYS = [
  ["1", ""],
  ["2", "ABC"],
  ["3", "DEF"],
  ["4", "GHI"],
  ["5", "JKL"],
  ["6", "MNO"],
  ["7", "PQRS"],
  ["8", "TUV"],
  ["9", "WXYZ"],
  ["*", ""],
  ["0", "+"],
  ["#", ""],
] as const;

const TEST_ID: Readonly<Record<string, string>> = { "*": "key-star", "#": "key-hash" };
const STEP: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -3, ArrowDown: 3 };
const HOLD_MS = 500;

interface KeypadProps {
  label: string;
  onKey: (key: string) => void;
  /** Smaller, and without a plus: for a call. */
  compact?: boolean;
}

export function Keypad({ label, onKey, compact = false }: KeypadProps): JSX.Element {
  const focused = useSignal(0);
  const pad = useRef<HTMLDivElement>(null);
  const hold = useRef<{ timer?: ReturnType<typeof setTimeout>; done?: boolean }>({});

  const moveFocus = (event: KeyboardEvent): void => {
    const step = STEP[event.key];
    const to = focused.value + (step ?? 0);
    if (!step || to < 0 || to >= KEYS.length) return;
    event.preventDefault();
    focused.value = to;
    pad.current?.querySelectorAll("button")[to]?.focus();
  };

  const startHold = (key: string): void => {
    hold.current = {};
    if (key !== "0" || compact) return;
    hold.current.timer = setTimeout(() => {
      hold.current.done = true;
      onKey("+");
    }, HOLD_MS);
  };
  const endHold = (): void => clearTimeout(hold.current.timer);

  const press = (key: string): void => {
    if (!hold.current.done) onKey(key);
    hold.current = {};
  };

  return (
    <div ref={pad} class={compact ? "keypad compact" : "keypad"} role="group" aria-label={label} onKeyDown={moveFocus}>
      {KEYS.map(([key, letters], index) => (
        <button
          type="button"
          key={key}
          class="key"
          data-testid={TEST_ID[key] ?? `key-${key}`}
          tabIndex={index === focused.value ? 0 : -1}
          {...(key === "0" && !compact && { "aria-label": t("dial.key0") })}
          onFocus={() => (focused.value = index)}
          onPointerDown={() => startHold(key)}
          onPointerUp={endHold}
          onPointerLeave={endHold}
          onContextMenu={(event) => event.preventDefault()}
          onClick={() => press(key)}
        >
          <span class="key-digit">{key}</span>
          <span class="key-letters" aria-hidden="true">
            {compact && letters === "+" ? "" : letters}
          </span>
        </button>
      ))}
    </div>
  );
}

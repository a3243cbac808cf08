// SPDX-License-Identifier: GPL-3.0-or-later
// Copies, and says so where it was pressed. Without a clipboard the text is shown to be copied by hand.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { t } from "../i18n";
import { copyText } from "../report";

interface CopyButtonProps {
  label: string;
  text: () => string;
  testId?: string;
}

export function CopyButton({ label, text, testId = "copy" }: CopyButtonProps): JSX.Element {
  const state = useSignal<"idle" | "copied" | "by hand">("idle");
  const copy = async (): Promise<void> => {
    state.value = (await copyText(text())) ? "copied" : "by hand";
  };
  return (
    <>
      <button type="button" class="secondary" data-testid={testId} onClick={() => void copy()}>
        {state.value === "copied" ? t("ended.copied") : label}
      </button>
      {state.value === "by hand" && <textarea class="by-hand" readOnly aria-label={label} value={text()} />}
    </>
  );
}

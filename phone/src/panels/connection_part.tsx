// SPDX-License-Identifier: GPL-3.0-or-later
// Will calls work from here? A test of each step, and a verdict in words.

import type { JSX } from "preact";
import type { Step } from "@patchcord/websdk/preflight";
import { call, canDial } from "../app_state";
import { startTest, stopTest, testReport, testRuns, testSteps } from "../connection_test";
import { errorWords, t } from "../i18n";
import { enableSound } from "../sound";

export function ConnectionTest(): JSX.Element {
  const runs = testRuns.value;
  const inCall = call.value !== null;
  const start = (): void => {
    void enableSound();
    void startTest();
  };
  return (
    <div class="connection-test">
      <p class="small">{inCall ? t("test.in_call") : t("test.about")}</p>
      <ol class="steps" data-testid="test-steps">
        {testSteps.value.map((step) => (
          <Row key={step.name} step={step} />
        ))}
      </ol>
      <Verdict />
      {runs ? (
        <button type="button" class="secondary" data-testid="test-stop" onClick={stopTest}>
          <span class="spinner" aria-hidden="true" /> {t("test.stop")}
        </button>
      ) : (
        <button
          type="button"
          class="secondary"
          data-testid="test-run"
          disabled={inCall || !canDial.value}
          onClick={start}
        >
          {testSteps.value.length > 0 ? t("test.again") : t("test.run")}
        </button>
      )}
    </div>
  );
}

const MARKS = { ok: "✓", warn: "!", fail: "✕", skipped: "–" } as const;

function Row({ step }: { step: Step }): JSX.Element {
  const { name, result, ms, error } = step;
  const words = error && errorWords(error);
  return (
    <li class="step" data-step={name} data-result={result}>
      <span class="step-mark" aria-hidden="true">
        {MARKS[result]}
      </span>
      <span>
        {t(`test.step.${name}`)}
        {words && (
          <span class="small">
            {words.text} {words.hint}
          </span>
        )}
      </span>
      <span class="step-result">
        {t(`test.result.${result}`)}
        {ms > 0 && <span class="small"> {ms} ms</span>}
      </span>
    </li>
  );
}

function Verdict(): JSX.Element {
  const report = testReport.value;
  return (
    <div role="status">
      {report && (
        <p class="verdict" data-testid="test-verdict" data-verdict={report.verdict}>
          <strong>{t(`test.verdict.${report.verdict}`)}</strong>
          {report.problem && ` ${t("test.problem", { step: t(`test.step.${report.problem}`) })}`}
        </p>
      )}
    </div>
  );
}

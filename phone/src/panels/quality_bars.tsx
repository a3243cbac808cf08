// SPDX-License-Identifier: GPL-3.0-or-later
// How the call sounds: five bars, and the same in a word for those who do not see or know bars.

import type { JSX } from "preact";
import type { Quality } from "@patchcord/websdk";
import { t } from "../i18n";

export function QualityBars({ quality }: { quality: Quality | undefined }): JSX.Element {
  const level = quality?.level ?? 0;
  const label = t("call.quality", { words: t(`call.quality.${level}`) });
  return (
    <span class="bars" role="img" aria-label={label} title={label} data-testid="quality" data-level={level}>
      {[1, 2, 3, 4, 5].map((bar) => (
        <span key={bar} class="bar" data-on={bar <= level} />
      ))}
    </span>
  );
}

// SPDX-License-Identifier: GPL-3.0-or-later
// A view whose code comes when it is first shown, or ahead of that by fetch(), so that the first load stays
// small.

import { signal } from "@preact/signals";
import type { ComponentType, JSX } from "preact";

export interface Later {
  (): JSX.Element;
  fetch(): void;
}

export function later(load: () => Promise<ComponentType>): Later {
  const loaded = signal<ComponentType | undefined>(undefined);
  let asked = false;
  const fetch = (): void => {
    if (asked) return;
    asked = true;
    load().then(
      (view) => (loaded.value = view),
      () => (asked = false), // no network: the next time it is shown it is asked for again
    );
  };
  function View(): JSX.Element {
    const Loaded = loaded.value;
    if (Loaded) return <Loaded />;
    fetch();
    return <div class="later" aria-busy="true" />;
  }
  return Object.assign(View, { fetch });
}

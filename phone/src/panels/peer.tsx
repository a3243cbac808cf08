// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import type { ActiveCall } from "../app_state";
import { PhoneIcon } from "./icons";

/** Who is on the other side, large. */
export function Peer({ call }: { call: ActiveCall }): JSX.Element {
  const initial = Array.from(call.name.trim()).at(0)?.toUpperCase();
  const title = call.name || call.number;
  return (
    <div class="peer">
      <div class="avatar" aria-hidden="true">
        {initial ?? <PhoneIcon size={36} />}
      </div>
      <h1 class="peer-title" data-testid="peer" data-long={title.length > 16}>
        {title}
      </h1>
      {call.name && <p class="peer-number">{call.number}</p>}
    </div>
  );
}

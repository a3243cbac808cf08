// SPDX-License-Identifier: GPL-3.0-or-later
// Line icons on a 24 grid, drawn for this page. Decoration always: the words are on the button.

import type { ComponentChildren, JSX } from "preact";

function Icon({ children, size = 24 }: { children: ComponentChildren; size?: number }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

const HANDSET =
  "M6.1 3.6h2.7c.5 0 .9.3 1 .8l.8 3.1c.1.4 0 .8-.3 1.100L8.500 10.300a13 13 0 0 0 5.200 5.200l1.700-1.800c.3-.3.7-.4 1.100-.3l3.100.8c.5.1.8.5.8 1v2.700c0 1.200-1 2.100-2.200 2C10.700 19.500 4.500 13.300 4.100 5.800c-.1-1.200.8-2.200 2-2.200Z";

export const PhoneIcon = ({ size }: { size?: number }): JSX.Element => (
  <Icon {...(size && { size })}>
    <path class="solid" d={HANDSET} />
  </Icon>
);

export const HangupIcon = (): JSX.Element => (
  <Icon>
    <path
      class="solid"
      d="M12 9.200c-2 0-3.900.3-5.600.9v2.600c0 .5-.3.9-.7 1.100l-2.300 1c-.5.2-1 .1-1.400-.3L.9 13.200c-.6-.7-.6-1.700.1-2.300C4 8.300 7.900 6.900 12 6.900s8 1.400 11 4c.7.6.7 1.600.1 2.300L22 14.500c-.4.4-.9.5-1.400.3l-2.300-1c-.4-.2-.7-.6-.7-1.100v-2.600a18 18 0 0 0-5.600-.9Z"
    />
  </Icon>
);

export const MicIcon = ({ off }: { off: boolean }): JSX.Element => (
  <Icon>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3" />
    {off && <path class="strike" d="M4 3.500l16 17" />}
  </Icon>
);

export const KeypadIcon = (): JSX.Element => (
  <Icon>
    {[6, 12, 18].flatMap((x) =>
      [6, 12, 18].map((y) => <circle key={`${x} ${y}`} class="solid" cx={x} cy={y} r="1.700" />),
    )}
  </Icon>
);

export const SoundIcon = (): JSX.Element => (
  <Icon>
    <path d="M4 9.500v5h3.500L12 18.500v-13L7.500 9.500H4ZM15.500 9a4.200 4.200 0 0 1 0 6M18 6.500a7.800 7.800 0 0 1 0 11" />
  </Icon>
);

export const DeleteIcon = (): JSX.Element => (
  <Icon>
    <path d="M9 5h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9l-6-7 6-7ZM12 9.500l5 5M17 9.500l-5 5" />
  </Icon>
);

export const SettingsIcon = (): JSX.Element => (
  <Icon>
    <path d="M4 7h9M17 7h3M4 17h3M11 17h9" />
    <circle cx="15" cy="7" r="2.200" />
    <circle cx="9" cy="17" r="2.200" />
  </Icon>
);

export const BackIcon = (): JSX.Element => (
  <Icon>
    <path d="M14.500 5.500 8 12l6.500 6.500" />
  </Icon>
);

export const CloseIcon = (): JSX.Element => (
  <Icon size={20}>
    <path d="M6 6l12 12M18 6 6 18" />
  </Icon>
);

export const AlertIcon = (): JSX.Element => (
  <Icon size={22}>
    <path d="M12 4 2.800 19.500h18.400L12 4ZM12 10v4.500" />
    <circle class="solid" cx="12" cy="17" r="0.600" />
  </Icon>
);

export const DirectionIcon = ({ incoming, missed }: { incoming: boolean; missed: boolean }): JSX.Element => (
  <Icon size={20}>
    {missed ? <path d="M4 7l8 8 8-8M20 7v5M20 7h-5" /> : null}
    {!missed && incoming ? <path d="M18 6 7 17M7 9v8h8" /> : null}
    {!missed && !incoming ? <path d="M6 18 17 7M9 7h8v8" /> : null}
  </Icon>
);

/** The mark: a cord between two jacks. */
export const Mark = ({ size = 32 }: { size?: number }): JSX.Element => (
  <svg class="mark" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" focusable="false">
    <rect class="mark-field" width="32" height="32" rx="9" />
    <path class="mark-cord" d="M10 11.500C10 22 22 10 22 20.500" />
    <circle class="mark-jack" cx="10" cy="9" r="3" />
    <circle class="mark-jack" cx="22" cy="23" r="3" />
  </svg>
);

/** A row of jacks and one hanging cord, for places that have nothing to show. */
export const CordPicture = (): JSX.Element => (
  <svg class="cord-picture" viewBox="0 0 260 130" aria-hidden="true" focusable="false">
    {[30, 80, 130, 180, 230].map((x) => (
      <g key={x}>
        <circle class="jack-ring" cx={x} cy="28" r="14" />
        <circle class="jack-hole" cx={x} cy="28" r="6" />
      </g>
    ))}
    <path class="cord" d="M80 28C80 150 180 150 180 28" />
    <circle class="plug" cx="80" cy="28" r="6.500" />
    <circle class="plug" cx="180" cy="28" r="6.500" />
  </svg>
);

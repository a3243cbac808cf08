// SPDX-License-Identifier: GPL-3.0-or-later
import type { Reason } from "@patchcord/websdk";

const texts = {
  title: "Patchcord Phone",
  "title.incoming": "(1) Call from {who}",

  "line.offline": "Offline",
  "line.connecting": "Connecting…",
  "line.online": "Ready for calls",
  "line.reconnecting": "Reconnecting…",
  "line.unregistered": "Not registered",
  "line.lost": "The gateway cannot be reached. Calls are not possible now.",
  "line.retry": "Try again",
  "line.away": "Connection lost. Trying to get back by itself.",

  "sign_in.lead": "Calls, right in your browser.",
  "sign_in.about": "No app and no plug-in: your SIP account, this page and a headset are all it takes.",
  "sign_in.heading": "Go online",
  "sign_in.login": "Login",
  "sign_in.password": "Password",
  "sign_in.domain": "Domain",
  "sign_in.domain_hint": "for example sip.example.com",
  "sign_in.more": "More options",
  "sign_in.proxy": "Outbound proxy",
  "sign_in.auth_name": "Authentication name",
  "sign_in.optional": "optional",
  "sign_in.submit": "Go online",
  "sign_in.busy": "Signing in…",
  "sign_in.cancel": "Cancel",
  "sign_in.demo": "This is a demo gateway. Pick an account:",
  "sign_in.private": "The password stays in this tab and is forgotten when you close it.",

  "dial.number": "Number, name or SIP address",
  "dial.call": "Call",
  "dial.redial": "Bring back the last number",
  "dial.delete": "Delete the last character",
  "dial.dials": "Dials {number}",
  "dial.pad": "Dial pad",
  "dial.key0": "0, hold for plus",

  "call.incoming": "Incoming call",
  "call.connecting": "Connecting…",
  "call.calling": "Calling…",
  "call.ringing": "Ringing…",
  "call.early": "Ringing…",
  "call.talking": "In call",
  "call.held": "On hold",
  "call.ending": "Hanging up…",
  "call.answer": "Answer",
  "call.decline": "Decline",
  "call.hangup": "Hang up",
  "call.mute": "Mute",
  "call.unmute": "Unmute",
  "call.muted": "Your microphone is off",
  "call.microphone": "Your browser asks for the microphone: choose Allow, so that you can be heard.",
  "call.digits": "Digits sent:",
  "call.duration": "Call time",

  "ended.normal": "Call ended",
  "ended.cancelled": "Call cancelled",
  "ended.missed": "Missed call from {who}",
  "ended.with": "with {who}",
  "ended.redial": "Call again",
  "ended.edit": "Edit the number",
  "ended.account": "Edit the account",
  "ended.dismiss": "Close",

  "recents.heading": "Recent calls",
  "recents.none": "No calls yet",
  "recents.share": "Others reach you at {address}",
  "recents.clear": "Clear",
  "recents.missed": "Missed",
  "recents.in": "Incoming",
  "recents.out": "Outgoing",
  "recents.call": "Call",

  "settings.heading": "Settings",
  "settings.back": "Back to the phone",
  "settings.language": "Language",
  "settings.theme": "Appearance",
  "settings.theme.auto": "As the system",
  "settings.theme.light": "Light",
  "settings.theme.dark": "Dark",
  "settings.tones": "Tones while calling",
  "settings.tones.us": "North America",
  "settings.tones.uk": "United Kingdom",
  "settings.tones.de": "Germany",
  "settings.tones.fr": "France",
  "settings.ring": "Ring volume",
  "settings.ring.try": "Play",
  "settings.notifications": "Notify me of calls when this tab is hidden",
  "settings.shortcuts": "Single-key shortcuts in a call",
  "settings.shortcuts.keys": "A answer · X hang up · M mute · digits for the keypad · Esc close",
  "settings.account": "Account",
  "settings.sign_out": "Sign out",

  "sound.blocked": "Sound is blocked: click here so that calls can ring.",
};

export type TextKey = keyof typeof texts;

export interface Catalogue {
  texts: Readonly<Record<TextKey, string>>;
  /** Text and hint by reason; English has them in the SDK. */
  reasons: Partial<Record<Reason, readonly [text: string, hint: string]>>;
}

export const en: Catalogue = { texts, reasons: {} };

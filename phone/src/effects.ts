// SPDX-License-Identifier: GPL-3.0-or-later
// What the store's state means outside the page's own pixels: tones, tab title and icon, notification,
// vibration, and a screen that stays on during a call.

import { computed, effect } from "@preact/signals";
import { call, ended, line } from "./app_state";
import { t } from "./i18n";
import { preferences } from "./preferences";
import { answer } from "./phone_call";
import { busyTone, startRingback, startRinging, stopLoop } from "./sound";

const VIBRATION_MS = [400, 200, 400, 1200];

export function startEffects(): void {
  const phase = computed(() => call.value?.phase);
  const who = computed(() => call.value?.name || call.value?.number || "");

  effect(() => {
    if (phase.value === "incoming") startRinging(preferences.value.ringVolume);
    // Early media carries the far end's own ringing: ours would play over it.
    else if (phase.value === "ringing") startRingback(preferences.value.tones);
    else stopLoop();
  });

  effect(() => {
    if (ended.value?.end.reason === "busy") busyTone(preferences.value.tones);
  });

  effect(() => {
    const ringing = phase.value === "incoming";
    document.title = ringing ? t("title.incoming", { who: who.value }) : t("title");
    document.querySelector("#icon")?.setAttribute("href", ringing ? "/icon-ringing.svg" : "/icon.svg");
  });

  effect(() => {
    if (phase.value !== "incoming") return;
    // The browser allows it only after the user has touched the page; without that there is no vibration.
    const vibrate = (): boolean => "vibrate" in navigator && navigator.vibrate(VIBRATION_MS);
    vibrate();
    const timer = setInterval(vibrate, 2200);
    const notification = notify(t("title.incoming", { who: who.value }));
    return () => {
      clearInterval(timer);
      if ("vibrate" in navigator) navigator.vibrate(0);
      notification?.close();
    };
  });

  keepScreenOn();
  warnBeforeLeaving();
}

function notify(title: string): Notification | undefined {
  if (!preferences.value.notifications || !document.hidden || Notification.permission !== "granted") return undefined;
  const notification = new Notification(title, { tag: "call", requireInteraction: true, icon: "/icon.svg" });
  notification.onclick = () => {
    window.focus();
    answer();
  };
  return notification;
}

function keepScreenOn(): void {
  const inCall = computed(() => call.value !== null);
  effect(() => {
    if (!inCall.value || !("wakeLock" in navigator)) return;
    let lock: Promise<WakeLockSentinel | undefined> | undefined;
    // The browser takes the lock back when the page is hidden.
    const request = (): void => {
      if (!document.hidden) lock = navigator.wakeLock.request("screen").catch(() => undefined);
    };
    request();
    document.addEventListener("visibilitychange", request);
    return () => {
      document.removeEventListener("visibilitychange", request);
      void lock?.then((held) => held?.release());
    };
  });
}

function warnBeforeLeaving(): void {
  effect(() => {
    if (!call.value || line.value.state === "offline") return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  });
}

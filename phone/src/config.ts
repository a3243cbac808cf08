// SPDX-License-Identifier: GPL-3.0-or-later
// What the gateway tells the page about itself: GET /config.json. A gateway that tells nothing is fine.

import { signal } from "@preact/signals";

export interface DemoUser {
  login: string;
  password: string;
}

/** The account that plays the mobile phone of the demo, and the number it is called by. */
export interface DemoMobile extends DemoUser {
  number: string;
}

export interface GatewayConfig {
  demo: boolean;
  /** The SIP domain to suggest. */
  domain: string;
  /** Accounts of a demo gateway, to try the phone with. */
  users: DemoUser[];
  mobile?: DemoMobile;
}

export const gatewayConfig = signal<GatewayConfig>({ demo: false, domain: "", users: [] });

export async function loadConfig(): Promise<void> {
  try {
    const response = await fetch("/config.json");
    if (!response.ok) return;
    const { demo, domain, users, mobile } = (await response.json()) as Partial<GatewayConfig>;
    gatewayConfig.value = {
      demo: demo === true,
      domain: typeof domain === "string" ? domain : "",
      users: demo === true && Array.isArray(users) ? users : [],
      ...(demo === true && mobile && { mobile }),
    };
  } catch {
    // No network, or no JSON: the form works without suggestions.
  }
}

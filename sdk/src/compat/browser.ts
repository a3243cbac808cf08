// SPDX-License-Identifier: MIT
// Which browser this is, for applications that ask. The SDK itself never does.

const agent = (): string => navigator.userAgent;

export const Browser = {
  isIE: (): boolean => false,
  isEdge: (): boolean => false,
  isChromiumEdge: (): boolean => /Edg\//.test(agent()),
  isOpera: (): boolean => /OPR\//.test(agent()),
  isSamsungBrowser: (): boolean => /SamsungBrowser/.test(agent()),
  isChrome: (): boolean => /Chrome\//.test(agent()) && !/Edg\/|OPR\/|SamsungBrowser/.test(agent()),
  isFirefox: (): boolean => /Firefox\//.test(agent()),
  isAndroid: (): boolean => /Android/.test(agent()),
  isAndroidFirefox: (): boolean => Browser.isAndroid() && Browser.isFirefox(),
  isiOS: (): boolean => /iPad|iPhone|iPod/.test(agent()),
  isSafari: (): boolean => /AppleWebKit/.test(agent()) && !/Chrome|Android/.test(agent()),
  isSafariWebRTC: (): boolean => Browser.isSafari() && "mediaDevices" in navigator,
  /** Of the browser, in whole numbers; an empty string where it does not say. */
  version: (): string => /(?:Version|Edg|OPR|Firefox|Chrome)\/(\d+)/.exec(agent())?.[1] ?? "",
};

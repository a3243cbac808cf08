// SPDX-License-Identifier: MIT
// The words of the older API that applications for telephony compare with.

import { CALL_STATUS, SESSION_STATUS as STATUS } from "../index";

const SESSION_STATUS = {
  ...STATUS,
  DEBUG: "DEBUG",
  APP_DATA: "APP_DATA",
  SEND_DATA_STATUS: "SEND_DATA_STATUS",
} as const;

export const ERROR_INFO = {
  FLASHPHONER_API_NOT_INITIALIZED: "Flashphoner API is not initialized",
  OPTIONS_URLSERVER_MUST_BE_PROVIDED: "options.urlServer must be provided",
  OPTIONS_MUST_BE_PROVIDED: "options must be provided",
  INVALID_SESSION_STATE: "Invalid session state",
  INVALID_CALL_STATE: "Invalid call state",
  EVENT_CANT_BE_NULL: "Event can't be null",
  CALLBACK_NEEDS_TO_BE_A_VALID_FUNCTION: "Callback needs to be a valid function",
  CAN_NOT_SWITCH_MIC: "Number of mics is less than 2 or microphone is already used by other application",
  CAN_NOT_SWITCH_CAM: "Number of cams is less than 2 or camera is already used by other application",
  CAN_NOT_GET_STATS: "Cannot get PeerConnection stats",
  LOCAL_ERROR: "Local error",
} as const;

export const MEDIA_DEVICE_KIND = { OUTPUT: "output", INPUT: "input", ALL: "all" } as const;

export const constants = {
  SESSION_STATUS,
  CALL_STATUS,
  ERROR_INFO,
  MEDIA_DEVICE_KIND,
  CALL_STATUS_INFO: {
    NORMAL_CALL_CLEARING: "Normal call clearing",
    FAILED_BY_SESSION_CREATION: "Failed by session creation",
    FAILED_BY_ICE_ERROR: "Failed by ICE error",
    FAILED_BY_RTP_ACTIVITY: "Failed by RTP activity",
    FAILED_BY_DTLS_FINGERPRINT_ERROR: "Failed by DTLS fingerprint error",
    NO_COMMON_CODECS: "No common codecs",
    FAILED_BY_DTLS_ERROR: "Failed by DTLS error",
    FAILED_BY_ERROR: "Failed by error",
    FAILED_BY_REQUEST_TIMEOUT: "Failed by request timeout",
    TRANSCODING_REQUIRED_BUT_DISABLED: "Transcoding required, but disabled",
  },
  TRANSPORT_TYPE: { UDP: "UDP", TCP: "TCP" },
} as const;

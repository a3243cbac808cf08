// SPDX-License-Identifier: GPL-3.0-or-later
// The names the parser knows: methods and header fields as enums, with their compact forms.
// A name it does not know is Method::kOther or Header::kOther and keeps its text in the message.
// Thread: any. RFC 3261 section 20 and the registries it opened.
#pragma once

#include <cstdint>
#include <string_view>

namespace patchcord::sip {

enum class Method : uint8_t {
  kInvite,
  kAck,
  kBye,
  kCancel,
  kOptions,
  kRegister,
  kPrack,
  kUpdate,
  kInfo,
  kRefer,
  kNotify,
  kSubscribe,
  kMessage,
  kPublish,
  kOther,
};

enum class Header : uint8_t {
  kAccept,
  kAcceptContact,
  kAcceptEncoding,
  kAcceptLanguage,
  kAlertInfo,
  kAllow,
  kAllowEvents,
  kAuthenticationInfo,
  kAuthorization,
  kCSeq,
  kCallId,
  kCallInfo,
  kContact,
  kContentDisposition,
  kContentEncoding,
  kContentLanguage,
  kContentLength,
  kContentType,
  kDate,
  kDiversion,
  kEvent,
  kExpires,
  kFrom,
  kHistoryInfo,
  kIdentity,
  kMaxForwards,
  kMimeVersion,
  kMinExpires,
  kMinSe,
  kOrganization,
  kPAssertedIdentity,
  kPPreferredIdentity,
  kPath,
  kPrivacy,
  kProxyAuthenticate,
  kProxyAuthorization,
  kProxyRequire,
  kRAck,
  kRSeq,
  kReason,
  kRecordRoute,
  kReferSub,
  kReferTo,
  kReferredBy,
  kRejectContact,
  kRemotePartyId,
  kReplaces,
  kRequestDisposition,
  kRequire,
  kRetryAfter,
  kRoute,
  kServer,
  kServiceRoute,
  kSessionExpires,
  kSubject,
  kSubscriptionState,
  kSupported,
  kTimestamp,
  kTo,
  kUnsupported,
  kUserAgent,
  kVia,
  kWarning,
  kWwwAuthenticate,
  kOther,
  kCount,
};

// How often a header may stand in a message, and whether its value is a comma list.
enum class Shape : uint8_t {
  kSingle,  // once; a second one makes the message wrong
  kList,    // any number of lines, each a comma list: one list to the reader
  kLines,   // any number of lines, each one value whose commas are its own (Authorization)
};

Method method_from(std::string_view text);    // case-sensitive, as RFC 3261 7.1 says
std::string_view method_name(Method method);  // "INVITE"; empty for kOther

Header header_from(std::string_view name);    // any case, full or compact form
std::string_view header_name(Header header);  // the full form; empty for kOther
Shape header_shape(Header header);

// The usual words for a status code ("Busy Here"); a word for its class if the code is unknown.
std::string_view default_reason(int status);

}  // namespace patchcord::sip

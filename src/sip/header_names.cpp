// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/header_names.h"

#include <array>
#include <cstddef>

#include "sip/grammar.h"

namespace patchcord::sip {
namespace {

constexpr std::array<std::string_view, static_cast<size_t>(Method::kOther)> kMethods = {
    "INVITE", "ACK",  "BYE",   "CANCEL", "OPTIONS",   "REGISTER", "PRACK",
    "UPDATE", "INFO", "REFER", "NOTIFY", "SUBSCRIBE", "MESSAGE",  "PUBLISH"};

struct Name {
  Header header;
  std::string_view full;
  char compact;  // 0: none
  Shape shape;
};

// kSingle only where two values would change what the message means; a second Subject or Server
// harms nobody and is met in the field.
constexpr std::array<Name, static_cast<size_t>(Header::kOther)> kNames = {{
    {Header::kAccept, "Accept", 0, Shape::kList},
    {Header::kAcceptContact, "Accept-Contact", 'a', Shape::kList},
    {Header::kAcceptEncoding, "Accept-Encoding", 0, Shape::kList},
    {Header::kAcceptLanguage, "Accept-Language", 0, Shape::kList},
    {Header::kAlertInfo, "Alert-Info", 0, Shape::kList},
    {Header::kAllow, "Allow", 0, Shape::kList},
    {Header::kAllowEvents, "Allow-Events", 'u', Shape::kList},
    {Header::kAuthenticationInfo, "Authentication-Info", 0, Shape::kLines},
    {Header::kAuthorization, "Authorization", 0, Shape::kLines},
    {Header::kCSeq, "CSeq", 0, Shape::kSingle},
    {Header::kCallId, "Call-ID", 'i', Shape::kSingle},
    {Header::kCallInfo, "Call-Info", 0, Shape::kList},
    {Header::kContact, "Contact", 'm', Shape::kList},
    {Header::kContentDisposition, "Content-Disposition", 0, Shape::kSingle},
    {Header::kContentEncoding, "Content-Encoding", 'e', Shape::kList},
    {Header::kContentLanguage, "Content-Language", 0, Shape::kList},
    {Header::kContentLength, "Content-Length", 'l', Shape::kSingle},
    {Header::kContentType, "Content-Type", 'c', Shape::kSingle},
    {Header::kDate, "Date", 0, Shape::kLines},
    {Header::kDiversion, "Diversion", 0, Shape::kList},
    {Header::kEvent, "Event", 'o', Shape::kSingle},
    {Header::kExpires, "Expires", 0, Shape::kSingle},
    {Header::kFrom, "From", 'f', Shape::kSingle},
    {Header::kHistoryInfo, "History-Info", 0, Shape::kList},
    {Header::kIdentity, "Identity", 'y', Shape::kLines},
    {Header::kMaxForwards, "Max-Forwards", 0, Shape::kSingle},
    {Header::kMimeVersion, "MIME-Version", 0, Shape::kLines},
    {Header::kMinExpires, "Min-Expires", 0, Shape::kSingle},
    {Header::kMinSe, "Min-SE", 0, Shape::kSingle},
    {Header::kOrganization, "Organization", 0, Shape::kLines},
    {Header::kPAssertedIdentity, "P-Asserted-Identity", 0, Shape::kList},
    {Header::kPPreferredIdentity, "P-Preferred-Identity", 0, Shape::kList},
    {Header::kPath, "Path", 0, Shape::kList},
    {Header::kPrivacy, "Privacy", 0, Shape::kLines},
    {Header::kProxyAuthenticate, "Proxy-Authenticate", 0, Shape::kLines},
    {Header::kProxyAuthorization, "Proxy-Authorization", 0, Shape::kLines},
    {Header::kProxyRequire, "Proxy-Require", 0, Shape::kList},
    {Header::kRAck, "RAck", 0, Shape::kSingle},
    {Header::kRSeq, "RSeq", 0, Shape::kSingle},
    {Header::kReason, "Reason", 0, Shape::kList},
    {Header::kRecordRoute, "Record-Route", 0, Shape::kList},
    {Header::kReferSub, "Refer-Sub", 0, Shape::kSingle},
    {Header::kReferTo, "Refer-To", 'r', Shape::kSingle},
    {Header::kReferredBy, "Referred-By", 'b', Shape::kSingle},
    {Header::kRejectContact, "Reject-Contact", 'j', Shape::kList},
    {Header::kRemotePartyId, "Remote-Party-ID", 0, Shape::kList},
    {Header::kReplaces, "Replaces", 0, Shape::kSingle},
    {Header::kRequestDisposition, "Request-Disposition", 'd', Shape::kList},
    {Header::kRequire, "Require", 0, Shape::kList},
    {Header::kRetryAfter, "Retry-After", 0, Shape::kSingle},
    {Header::kRoute, "Route", 0, Shape::kList},
    {Header::kServer, "Server", 0, Shape::kLines},
    {Header::kServiceRoute, "Service-Route", 0, Shape::kList},
    {Header::kSessionExpires, "Session-Expires", 'x', Shape::kSingle},
    {Header::kSubject, "Subject", 's', Shape::kLines},
    {Header::kSubscriptionState, "Subscription-State", 0, Shape::kSingle},
    {Header::kSupported, "Supported", 'k', Shape::kList},
    {Header::kTimestamp, "Timestamp", 0, Shape::kLines},
    {Header::kTo, "To", 't', Shape::kSingle},
    {Header::kUnsupported, "Unsupported", 0, Shape::kList},
    {Header::kUserAgent, "User-Agent", 0, Shape::kLines},
    {Header::kVia, "Via", 'v', Shape::kList},
    {Header::kWarning, "Warning", 0, Shape::kList},
    {Header::kWwwAuthenticate, "WWW-Authenticate", 0, Shape::kLines},
}};

consteval bool in_enum_order() {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (static_cast<size_t>(kNames[i].header) != i) return false;
  }
  return true;
}
static_assert(in_enum_order());

constexpr size_t kLongest = 20;
constexpr uint8_t kNone = 0xff;

// Names of one length are chained, so a look-up compares a handful and not the whole table.
struct ByLength {
  std::array<uint8_t, kLongest + 1> first;
  std::array<uint8_t, kNames.size()> next;
};
consteval ByLength make_by_length() {
  ByLength out{};
  for (uint8_t& f : out.first) f = kNone;
  for (size_t i = kNames.size(); i-- > 0;) {
    const size_t length = kNames[i].full.size();
    out.next[i] = out.first[length];
    out.first[length] = static_cast<uint8_t>(i);
  }
  return out;
}
constexpr ByLength kByLength = make_by_length();

consteval std::array<Header, 26> make_compact() {
  std::array<Header, 26> out{};
  for (Header& h : out) h = Header::kOther;
  for (const Name& name : kNames) {
    if (name.compact != 0) out[static_cast<size_t>(name.compact - 'a')] = name.header;
  }
  return out;
}
constexpr std::array<Header, 26> kCompact = make_compact();

struct Phrase {
  int status;
  std::string_view words;
};
constexpr Phrase kPhrases[] = {
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {199, "Early Dialog Terminated"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {422, "Session Interval Too Small"},
    {423, "Interval Too Brief"},
    {429, "Provide Referrer Identity"},
    {430, "Flow Failed"},
    {433, "Anonymity Disallowed"},
    {439, "First Hop Lacks Outbound Support"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {494, "Security Agreement Required"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {580, "Precondition Failure"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
    {607, "Unwanted"},
    {608, "Rejected"},
};

}  // namespace

Method method_from(std::string_view text) {
  for (size_t i = 0; i < kMethods.size(); ++i) {
    if (kMethods[i] == text) return static_cast<Method>(i);
  }
  return Method::kOther;
}

std::string_view method_name(Method method) {
  return method == Method::kOther ? std::string_view() : kMethods[static_cast<size_t>(method)];
}

Header header_from(std::string_view name) {
  if (name.size() == 1) {
    const char c = lower(name[0]);
    return c >= 'a' && c <= 'z' ? kCompact[static_cast<size_t>(c - 'a')] : Header::kOther;
  }
  if (name.size() > kLongest) return Header::kOther;
  for (uint8_t i = kByLength.first[name.size()]; i != kNone; i = kByLength.next[i]) {
    if (iequals(kNames[i].full, name)) return kNames[i].header;
  }
  return Header::kOther;
}

std::string_view header_name(Header header) {
  return header < Header::kOther ? kNames[static_cast<size_t>(header)].full : std::string_view();
}

Shape header_shape(Header header) {
  return header < Header::kOther ? kNames[static_cast<size_t>(header)].shape : Shape::kLines;
}

std::string_view default_reason(int status) {
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) return phrase.words;
  }
  constexpr std::string_view kClasses[] = {
      "", "Progress", "OK", "Redirection", "Refused", "Failure", "Refused Everywhere"};
  const int c = status / 100;
  return c >= 1 && c <= 6 ? kClasses[c] : std::string_view("Unknown");
}

}  // namespace patchcord::sip

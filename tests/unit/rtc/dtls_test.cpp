// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/dtls.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include "rtc/dtls_record.h"
#include "virtual_network.h"

namespace patchcord::rtc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using Bytes = std::vector<uint8_t>;

const SocketAddress kServerAddress = *SocketAddress::parse("192.0.2.1:10000");
const SocketAddress kClientAddress = *SocketAddress::parse("192.0.2.2:20000");

Certificate make_certificate() {
  return Certificate::generate(WallTime(std::chrono::hours(24 * 20000))).value();
}

struct Identity {
  Certificate certificate = make_certificate();
  DtlsContext context = DtlsContext::create(certificate).value();
  Fingerprint fingerprint = Fingerprint::parse(certificate.fingerprint()).value();
};

const Identity& server_identity() {
  static const Identity kIdentity;
  return kIdentity;
}
const Identity& client_identity() {
  static const Identity kIdentity;
  return kIdentity;
}

// Two associations at the two ends of a network.
struct Pair {
  explicit Pair(uint64_t seed, const Conditions& conditions = {}) : network(seed, conditions) {
    place(server, kServerAddress, kClientAddress, to_client);
    place(client, kClientAddress, kServerAddress, to_server);
  }

  void place(Dtls& dtls, const SocketAddress& own, const SocketAddress& far, NetworkSink& sink) {
    const Route route{sink, far};
    network.place(own, {.receive = [&dtls, this, route](
                                       MutableByteSpan bytes,
                                       const SocketAddress&) { dtls.receive(bytes, now(), route); },
                        .on_time = [&dtls, this, route] { dtls.on_time(now(), route); },
                        .next_deadline = [&dtls] { return dtls.next_deadline(); }});
  }

  MonoTime now() const { return network.now(); }
  Route from_server() { return {to_client, kClientAddress}; }
  Route from_client() { return {to_server, kServerAddress}; }
  void start() {
    server.start(now(), from_server());
    client.start(now(), from_client());
  }
  bool is_complete() const {
    return server.state() == Dtls::State::kComplete && client.state() == Dtls::State::kComplete;
  }
  bool connect(Duration limit = seconds(10)) {
    start();
    return network.run(limit, [&] { return is_complete(); });
  }

  VirtualNetwork network;
  NetworkSink to_client{network, kServerAddress};
  NetworkSink to_server{network, kClientAddress};
  Dtls server{server_identity().context, DtlsRole::kServer};
  Dtls client{client_identity().context, DtlsRole::kClient};
};

TEST(Certificate, HasAFingerprintOfItsOwn) {
  const Certificate one = make_certificate(), two = make_certificate();
  EXPECT_EQ(one.fingerprint().size(), 8 + 32 * 3 - 1u);
  EXPECT_EQ(one.fingerprint().substr(0, 8), "sha-256 ");
  EXPECT_NE(one.fingerprint(), two.fingerprint());
  const Certificate copy = one;
  EXPECT_EQ(copy.fingerprint(), one.fingerprint());
  EXPECT_TRUE(DtlsContext::create(copy).ok());
}

TEST(Fingerprint, ParsesWhatItPrintsAndNothingWeak) {
  const std::string text = make_certificate().fingerprint();
  EXPECT_EQ(Fingerprint::parse(text)->to_string(), text);
  std::string shouted = text;
  for (char& c : shouted) c = static_cast<char>(std::tolower(c));
  shouted.replace(0, 7, "SHA-256");
  EXPECT_EQ(Fingerprint::parse(shouted)->to_string(), text) << "case says nothing (RFC 8122)";

  struct {
    std::string text;
    ErrorCode code;
  } const rows[] = {
      {"", ErrorCode::kMalformed},
      {"sha-256", ErrorCode::kMalformed},
      {"sha-256 ", ErrorCode::kMalformed},
      {text.substr(0, text.size() - 3), ErrorCode::kMalformed},
      {text + ":00", ErrorCode::kMalformed},
      {text.substr(0, text.size() - 1) + "g", ErrorCode::kMalformed},
      {"sha-512" + text.substr(7), ErrorCode::kMalformed},
      {"sha-1 00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33",
       ErrorCode::kUnsupported},
      {"md5 00:11", ErrorCode::kUnsupported},
  };
  for (const auto& row : rows) {
    const auto parsed = Fingerprint::parse(row.text);
    ASSERT_FALSE(parsed.ok()) << row.text;
    EXPECT_EQ(parsed.error().code, row.code) << row.text;
  }
}

TEST(Dtls, AgreesOnTheKeysOfTheFirstSuite) {
  Pair pair(1);
  ASSERT_TRUE(pair.connect());
  const auto server = pair.server.export_keys(), client = pair.client.export_keys();
  ASSERT_TRUE(server && client);
  EXPECT_EQ(server->ours.suite(), SrtpSuite::kAeadAes128Gcm);
  EXPECT_EQ(server->ours, client->theirs);
  EXPECT_EQ(server->theirs, client->ours);
  EXPECT_NE(server->ours, server->theirs);
  EXPECT_LE(pair.network.largest(), 1200u);
}

TEST(Dtls, TakesTwoRoundTripsOnAGoodNetwork) {
  Pair pair(1, {.delay = milliseconds(10)});
  const MonoTime before = pair.now();
  ASSERT_TRUE(pair.connect());
  EXPECT_EQ(pair.now() - before, milliseconds(40));
}

TEST(Dtls, ShowsThePeersCertificate) {
  Pair pair(1);
  EXPECT_FALSE(pair.server.peer_matches(client_identity().fingerprint));
  ASSERT_TRUE(pair.connect());
  EXPECT_TRUE(pair.server.peer_matches(client_identity().fingerprint));
  EXPECT_TRUE(pair.client.peer_matches(server_identity().fingerprint));
  EXPECT_FALSE(pair.server.peer_matches(server_identity().fingerprint));
}

TEST(Dtls, CompletesOnABadNetwork) {
  const Conditions rows[] = {
      {.loss = 0.1, .duplicate = 0.1, .delay = milliseconds(5), .jitter = milliseconds(200)},
      {.loss = 0.2, .duplicate = 0.1, .delay = milliseconds(20), .jitter = milliseconds(40)},
      {.loss = 0.3, .duplicate = 0.1, .delay = milliseconds(20), .jitter = milliseconds(40)},
      {.loss = 0.3, .duplicate = 0.0, .delay = milliseconds(150), .jitter = milliseconds(0)},
  };
  for (const Conditions& conditions : rows) {
    for (uint64_t seed = 1; seed <= 40; ++seed) {
      Pair pair(seed, conditions);
      EXPECT_TRUE(pair.connect()) << "loss " << conditions.loss << " seed " << seed << " client "
                                  << pair.client.failure() << " server " << pair.server.failure();
    }
  }
}

TEST(Dtls, SendsTheFlightAgainByOurClock) {
  VirtualNetwork network(1);
  RecordingSink sink;
  const Route route{sink, kServerAddress};
  Dtls client(client_identity().context, DtlsRole::kClient);
  MonoTime now = network.now();
  client.start(now, route);
  ASSERT_EQ(sink.sent.size(), 1u);
  const auto hello = sink.sent[0].bytes;
  std::vector<int64_t> pauses;
  while (client.state() == Dtls::State::kHandshaking && pauses.size() < 6) {
    pauses.push_back(to_ms(client.next_deadline() - now));
    now = client.next_deadline();
    client.on_time(now, route);
    EXPECT_EQ(sink.sent.back().bytes, hello) << "as it was sent";
  }
  EXPECT_EQ(pauses, (std::vector<int64_t>{50, 100, 200, 400, 400, 400}));
}

TEST(Dtls, GivesUpAfterTenSeconds) {
  Pair pair(1, {.loss = 1.0});
  pair.start();
  EXPECT_FALSE(pair.network.run(milliseconds(9999)));
  EXPECT_EQ(pair.client.state(), Dtls::State::kHandshaking);
  pair.network.run(milliseconds(1));
  EXPECT_EQ(pair.client.state(), Dtls::State::kFailed);
  EXPECT_EQ(pair.server.state(), Dtls::State::kFailed) << "a server that is never called as well";
  EXPECT_EQ(pair.client.next_deadline(), kNever);
}

TEST(Dtls, ServerRepeatsItsLastFlightForAClientThatMissedIt) {
  Pair pair(1);
  pair.start();
  ASSERT_TRUE(
      pair.network.run(seconds(1), [&] { return pair.server.state() == Dtls::State::kComplete; }));
  // The server's last flight is in the air: lose it by making the client deaf to what flies now.
  Pair& p = pair;
  bool deaf = true;
  p.network.place(kClientAddress, {.receive =
                                       [&](MutableByteSpan bytes, const SocketAddress&) {
                                         if (!deaf)
                                           p.client.receive(bytes, p.now(), p.from_client());
                                       },
                                   .on_time = [&] { p.client.on_time(p.now(), p.from_client()); },
                                   .next_deadline = [&] { return p.client.next_deadline(); }});
  p.network.run(milliseconds(15));
  deaf = false;
  EXPECT_EQ(p.client.state(), Dtls::State::kHandshaking);
  EXPECT_TRUE(p.network.run(seconds(1), [&] { return p.is_complete(); }));
}

// Splits a plaintext handshake record that carries one whole message into two records.
std::vector<Bytes> split_hello(const Bytes& datagram, size_t first) {
  constexpr size_t kRecord = 13, kMessage = 12;
  const ByteSpan body = ByteSpan(datagram).subspan(kRecord + kMessage);
  std::vector<Bytes> out;
  for (const bool tail : {false, true}) {
    const size_t offset = tail ? first : 0;
    const size_t size = tail ? body.size() - first : first;
    Bytes record(datagram.begin(), datagram.begin() + kRecord + kMessage);
    record[10] = tail ? 1 : 0;  // record sequence
    store_be16(&record[11], static_cast<uint16_t>(kMessage + size));
    store_be16(&record[kRecord + 7], static_cast<uint16_t>(offset));  // low bytes of three
    store_be16(&record[kRecord + 10], static_cast<uint16_t>(size));
    record.insert(record.end(), body.begin() + static_cast<ptrdiff_t>(offset),
                  body.begin() + static_cast<ptrdiff_t>(offset + size));
    out.push_back(std::move(record));
  }
  return out;
}

TEST(Dtls, AcceptsAClientHelloInTwoDatagramsInAnyOrder) {
  for (const bool swapped : {false, true}) {
    RecordingSink hello, answer;
    const MonoTime now = VirtualNetwork(1).now();
    Dtls client(client_identity().context, DtlsRole::kClient);
    client.start(now, {hello, kServerAddress});
    auto parts = split_hello(hello.sent.at(0).bytes, 100);
    if (swapped) std::swap(parts[0], parts[1]);

    Dtls server(server_identity().context, DtlsRole::kServer);
    server.receive(parts[0], now, {answer, kClientAddress});
    EXPECT_TRUE(answer.sent.empty());
    server.receive(parts[1], now, {answer, kClientAddress});
    EXPECT_FALSE(answer.sent.empty()) << "the server's first flight";
    EXPECT_EQ(server.state(), Dtls::State::kHandshaking);
  }
}

// Chromium and Firefox offer DTLS 1.3 and a post-quantum key share, which takes two datagrams.
TEST(Dtls, AnswersABrowsersClientHello) {
  RecordingSink hello, answer;
  const MonoTime now = VirtualNetwork(1).now();
  Dtls client(client_identity().context, DtlsRole::kClient);
  client.start(now, {hello, kServerAddress});
  Bytes record = hello.sent.at(0).bytes;
  // supported_versions: feff-style 1.3 and 1.2; key_share: group 0x11ec (X25519MLKEM768), 1216
  // bytes.
  Bytes extensions = from_hex("002b0005 04fefcfefd 003304c6 04c4 11ec 04c0");
  extensions.resize(extensions.size() + 1216, 0x77);

  constexpr size_t kRecord = 13, kMessage = 12;
  size_t at = kRecord + kMessage + 2 + 32;  // version, random
  at += 1 + record[at];                     // session id
  at += 1 + record[at];                     // cookie
  at += 2 + load_be16(&record[at]);         // ciphers
  at += 1 + record[at];                     // compression
  store_be16(&record[at], static_cast<uint16_t>(load_be16(&record[at]) + extensions.size()));
  record.insert(record.end(), extensions.begin(), extensions.end());
  const auto body = static_cast<uint16_t>(record.size() - kRecord - kMessage);
  store_be16(&record[kRecord + 2], body);

  Dtls server(server_identity().context, DtlsRole::kServer);
  for (const Bytes& part : split_hello(record, 1100)) {
    EXPECT_LE(part.size(), 1200u);
    server.receive(part, now, {answer, kClientAddress});
  }
  ASSERT_FALSE(answer.sent.empty()) << server.failure();
  EXPECT_EQ(to_hex(ByteSpan(answer.sent[0].bytes).first(3)), "16fefd") << "DTLS 1.2";
  EXPECT_EQ(answer.sent[0].bytes[kRecord], 2) << "ServerHello";
}

TEST(Dtls, JunkEndsNothing) {
  Pair pair(7);
  SeededRandom random(3);
  pair.start();
  const auto spray = [&] {
    for (int i = 0; i < 200; ++i) {
      std::vector<uint8_t> junk(random.below(200));
      random.fill(junk);
      if (!junk.empty()) junk[0] = static_cast<uint8_t>(20 + random.below(44));
      pair.server.receive(junk, pair.now(), pair.from_server());
      pair.client.receive(junk, pair.now(), pair.from_client());
    }
  };
  spray();
  ASSERT_TRUE(pair.network.run(seconds(5), [&] {
    spray();
    return pair.is_complete();
  }));
  spray();
  const char* rows[] = {
      "15fefd 0001 000000000009 0001 00",    // an encrypted alert of one byte
      "15fefd 0000 000000000009 0002 0228",  // handshake_failure in the clear
      "15fefd 0001 000000000009 001a 00010203040506070809101112131415161718192021222324252627",
      "16fefd 0000 000000000009 000c 010000000000000000000000",  // a ClientHello in the clear
      "17fefd 0001 000000000009 0001 00",
      "14fefd 0000 000000000009 0001 01",
      "16fefd 0002 000000000009 0001 00",  // an epoch there never will be
  };
  for (const char* hex : rows) {
    auto bytes = from_hex(hex);
    pair.server.receive(bytes, pair.now(), pair.from_server());
    pair.client.receive(bytes, pair.now(), pair.from_client());
    EXPECT_TRUE(pair.is_complete()) << hex;
  }
  pair.client.close(pair.from_client());
  pair.network.run(milliseconds(50));
  EXPECT_EQ(pair.server.state(), Dtls::State::kClosed) << "a real close_notify is still heard";
}

TEST(Dtls, CloseNotifyClosesTheOtherSide) {
  for (const bool by_server : {false, true}) {
    Pair pair(1);
    ASSERT_TRUE(pair.connect());
    Dtls& first = by_server ? pair.server : pair.client;
    const Dtls& second = by_server ? pair.client : pair.server;
    first.close(by_server ? pair.from_server() : pair.from_client());
    EXPECT_EQ(first.state(), Dtls::State::kClosed);
    EXPECT_TRUE(
        pair.network.run(seconds(1), [&] { return second.state() == Dtls::State::kClosed; }));
  }
}

TEST(Dtls, EndsAHandshakeThatIsTooLarge) {
  RecordingSink sink;
  const Route route{sink, kClientAddress};
  const MonoTime now = VirtualNetwork(1).now();
  Dtls server(server_identity().context, DtlsRole::kServer);
  // The first byte of a message of 8 kB, again and again.
  auto fragment = from_hex("16fefd 0000 000000000000 000d 01 002000 0000 000000 000001 00");
  size_t sent = 0;
  while (server.state() != Dtls::State::kFailed && sent < 100'000) {
    store_be32(&fragment[7], static_cast<uint32_t>(sent));
    server.receive(fragment, now, route);
    sent += fragment.size();
  }
  EXPECT_EQ(server.state(), Dtls::State::kFailed);
  EXPECT_LE(sent, 66'000u);
}

TEST(Dtls, KeepsLittleForFragmentsThatClaimMuch) {
  RecordingSink sink;
  const Route route{sink, kClientAddress};
  const MonoTime now = VirtualNetwork(1).now();
  const auto used = [] { return mallinfo2().uordblks; };
  const size_t before = used();
  Dtls server(server_identity().context, DtlsRole::kServer);
  auto fragment = from_hex("16fefd 0000 000000000000 000d 01 002000 0000 000000 000001 00");
  auto early = from_hex("16fefd 0001 000000000000 0001 00");
  for (uint32_t i = 0; i < 1000; ++i) {
    store_be32(&fragment[7], i);
    store_be16(&fragment[17], static_cast<uint16_t>(i));  // message sequence
    server.receive(fragment, now, route);
    store_be32(&early[7], i);
    server.receive(early, now, route);
  }
  EXPECT_EQ(server.state(), Dtls::State::kHandshaking);
  EXPECT_LT(used() - before, 256u * 1024);
}

TEST(DtlsRecord, AdmitsWholeRecordsOnly) {
  struct {
    const char* hex;
    bool admitted;
  } const rows[] = {
      {"", false},
      {"16", false},
      {"15fefd 0000 000000000000 0002 0100", true},
      {"15feff 0000 000000000000 0002 0100", true},
      {"150303 0000 000000000000 0002 0100", false},  // TLS
      {"18fefd 0000 000000000000 0002 0100", false},  // heartbeat
      {"15fefd 0002 000000000000 0002 0100", false},  // a third epoch
      {"15fefd 0000 000000000000 0003 0100", false},  // over the end
      {"15fefd 0000 000000000000 0001 0100", false},  // half a second one
      {"16fefd 0000 000000000000 000d 01 002000 0000 000000 000001 00", true},
      {"16fefd 0000 000000000000 000d 01 002001 0000 000000 000001 00", false},  // > 8 kB
      {"16fefd 0000 000000000000 000d 01 000100 0000 000000 000002 00", false},  // over the end
      {"14fefd 0000 000000000000 0001 01 16fefd 0001 000000000000 0002 aabb", true},
  };
  for (const auto& row : rows)
    EXPECT_EQ(scan_dtls(from_hex(row.hex)).has_value(), row.admitted) << row.hex;
}

}  // namespace
}  // namespace patchcord::rtc

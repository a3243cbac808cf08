// SPDX-License-Identifier: GPL-3.0-or-later
#include "page.h"

#include <utility>
#include <variant>

namespace patchcord::loadgen {

Result<std::unique_ptr<Page>> Page::open(const SocketAddress& gateway, net::Loop& loop,
                                         std::string login, std::string domain) {
  auto page = std::make_unique<Page>(std::move(login), std::move(domain));
  Page& self = *page;
  TRY(self.socket_,
      bench::WebSocketClient::open(gateway, loop,
                                   {.opened = [&self] { self.sign_in(); },
                                    .text = [&self](std::string text) { self.on_text(text); },
                                    .closed = [&self] { self.on_closed(); }}));
  return page;
}

void Page::sign_in() {
  state_ = State::kSigningIn;
  wcs::Connection connection;
  connection.app_key = "defaultApp";
  connection.media_providers = {"WebRTC"};
  connection.sip.emplace();
  connection.sip->login = login_;
  connection.sip->domain = domain_;
  connection.sip->registering = wcs::Registering::kNotRequired;
  send(connection);
}

void Page::set_call(const std::string& call_id, PageUser* user) {
  call_id_ = call_id;
  user_ = user;
}

void Page::send(const wcs::ClientMessage& message) {
  if (socket_) socket_->send(wcs::print(message));
}

void Page::drop() {
  socket_.reset();
  state_ = State::kGone;
}

void Page::on_closed() {
  state_ = State::kGone;
  if (user_) user_->on_page_gone();
}

void Page::on_text(const std::string& text) {
  const auto message = wcs::parse_server(text);
  if (!message) return;
  if (std::holds_alternative<wcs::GetUserData>(*message)) {
    state_ = State::kReady;
  } else if (std::holds_alternative<wcs::Ping>(*message)) {
    send(wcs::Pong());
  }
  if (!user_) return;
  if (const auto* sdp = std::get_if<wcs::SetRemoteSdp>(&*message)) {
    if (sdp->call_id == call_id_) user_->on_answer_sdp(sdp->sdp);
  } else if (const auto* talk = std::get_if<wcs::Talk>(&*message)) {
    if (talk->call.call_id == call_id_) user_->on_talk();
  } else if (const auto* finish = std::get_if<wcs::Finish>(&*message)) {
    if (finish->call.call_id == call_id_) user_->on_finish(*finish);
  }
}

}  // namespace patchcord::loadgen

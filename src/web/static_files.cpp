// SPDX-License-Identifier: GPL-3.0-or-later
#include "web/static_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>

namespace patchcord::web {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kMaxFile = 16 * 1024 * 1024;

struct ContentType {
  std::string_view extension;
  std::string_view type;
};
constexpr std::array kContentTypes{
    ContentType{".html", "text/html; charset=utf-8"},
    ContentType{".js", "text/javascript; charset=utf-8"},
    ContentType{".mjs", "text/javascript; charset=utf-8"},
    ContentType{".css", "text/css; charset=utf-8"},
    ContentType{".json", "application/json"},
    ContentType{".map", "application/json"},
    ContentType{".webmanifest", "application/manifest+json"},
    ContentType{".svg", "image/svg+xml"},
    ContentType{".png", "image/png"},
    ContentType{".jpg", "image/jpeg"},
    ContentType{".ico", "image/x-icon"},
    ContentType{".woff2", "font/woff2"},
    ContentType{".mp3", "audio/mpeg"},
    ContentType{".ogg", "audio/ogg"},
    ContentType{".wav", "audio/wav"},
    ContentType{".wasm", "application/wasm"},
    ContentType{".txt", "text/plain; charset=utf-8"},
    ContentType{".md", "text/plain; charset=utf-8"},
    ContentType{".ts", "text/plain; charset=utf-8"},
};

// A page runs its own scripts only, is in nobody's frame, and may open WebSockets anywhere: the
// gateway it talks to need not be the one it came from.
constexpr std::string_view kPagePolicy =
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; "
    "media-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

std::string_view content_type(const fs::path& path) {
  const std::string extension = path.extension().string();
  const auto found = std::ranges::find(kContentTypes, extension, &ContentType::extension);
  return found == kContentTypes.end() ? "application/octet-stream" : found->type;
}

Response not_found() {
  return {404, "text/plain; charset=utf-8", "Not found.\n", {}};
}

// Every segment is a plain name: not empty, no leading dot. The path is decoded already.
bool is_plain(std::string_view relative) {
  while (!relative.empty()) {
    const std::string_view segment = relative.substr(0, relative.find('/'));
    if (segment.empty() || segment.front() == '.') return false;
    relative.remove_prefix(std::min(segment.size() + 1, relative.size()));
  }
  return true;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

// If-None-Match: "*" or a list of tags, compared weakly (RFC 9110 13.1.2).
bool matches(std::string_view condition, std::string_view tag) {
  return condition == "*" || condition.find(tag) != std::string_view::npos;
}

}  // namespace

StaticFiles::StaticFiles(std::vector<Mount> mounts) : mounts_(std::move(mounts)) {
  for (Mount& mount : mounts_) {
    std::error_code error;
    const fs::path canonical = fs::canonical(mount.folder, error);
    if (!error) mount.folder = canonical;
  }
  std::ranges::stable_sort(mounts_, std::greater(), [](const Mount& m) { return m.prefix.size(); });
}

Response StaticFiles::serve(const Request& request) const {
  const auto mount = std::ranges::find_if(
      mounts_, [&](const Mount& m) { return request.path.starts_with(m.prefix); });
  if (mount == mounts_.end()) return not_found();
  if (request.method != Method::kGet && request.method != Method::kHead) {
    return {405, "text/plain; charset=utf-8", "Method not allowed.\n", {{"Allow", "GET, HEAD"}}};
  }
  std::string relative = request.path.substr(mount->prefix.size());
  if (!is_plain(relative)) return not_found();
  if (relative.empty() || relative.back() == '/') relative += "index.html";

  std::error_code error;
  const fs::path path = fs::canonical(mount->folder / relative, error);
  if (error || !is_below(path, mount->folder)) return not_found();
  if (fs::is_directory(path, error)) {  // its relative links need the slash
    return {308,
            "text/plain; charset=utf-8",
            "",
            {{"Location", "./" + fs::path(relative).filename().string() + "/"}}};
  }
  return file(path, *mount, request);
}

Response StaticFiles::file(const fs::path& path, const Mount& mount, const Request& request) const {
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (error || size > kMaxFile || !fs::is_regular_file(path, error)) return not_found();
  const auto written = fs::last_write_time(path, error);
  if (error) return not_found();

  Response response;
  response.content_type = content_type(path);
  const std::string tag = fmt::format("\"{:x}-{:x}\"", written.time_since_epoch().count(), size);
  response.headers = {{"ETag", tag}, {"Cache-Control", "no-cache"}};
  if (mount.sharing == Sharing::kAnyOrigin) {
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
    response.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
  }
  if (response.content_type.starts_with("text/html")) {
    response.headers.emplace_back("Content-Security-Policy", kPagePolicy);
    response.headers.emplace_back("Permissions-Policy", "microphone=(self), camera=(self)");
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
    response.headers.emplace_back("X-Frame-Options", "DENY");
  }
  if (matches(request.header("If-None-Match"), tag)) {
    response.status = 304;
    return response;
  }
  std::ifstream in(path, std::ios::binary);
  response.body.assign(std::istreambuf_iterator<char>(in), {});
  return in ? response : not_found();
}

}  // namespace patchcord::web

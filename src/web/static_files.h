// SPDX-License-Identifier: GPL-3.0-or-later
// StaticFiles: the files of mounted folders as responses, with content type, ETag, and the security
// headers of a page. Nothing outside a folder is ever read, not by "..", not by a symbolic link,
// and no name that begins with a dot. NOT here: sockets. Files are small and read whole; a bigger
// one than 16 MB does not exist for it. Thread: control. Owner: ServerCore.
#pragma once

#include <filesystem>
#include <vector>

#include "web/server.h"

namespace patchcord::web {

class StaticFiles {
 public:
  explicit StaticFiles(std::vector<Mount> mounts);

  // 200, 304 (If-None-Match), 308 (a folder without its slash), 404; 405 for other than GET and
  // HEAD.
  Response serve(const Request& request) const;

 private:
  Response file(const std::filesystem::path& path, const Mount& mount,
                const Request& request) const;

  std::vector<Mount> mounts_;  // longest prefix first; folders canonical
};

}  // namespace patchcord::web

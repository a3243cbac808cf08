// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/record_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/log.h"

namespace patchcord::store {
namespace {

// Parties' numbers are in it: not for everybody on the machine.
constexpr mode_t kMode = 0640;

}  // namespace

struct RecordFile::File {
  explicit File(int descriptor) : fd(descriptor) {}
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  static int open(const std::filesystem::path& path) {
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kMode);
  }
  void reopen(const std::filesystem::path& path) {
    const int fresh = open(path);
    if (fresh < 0) return;  // the old one is still better than none
    ::close(fd);
    fd = fresh;
  }
  // One write for the whole line. What a full disk took only a part of stays a line of its own: the
  // next one does not continue it.
  bool append(const std::string& line) {
    if (is_torn && ::write(fd, "\n", 1) != 1) return false;
    is_torn = false;
    const ssize_t size = ::write(fd, line.data(), line.size());
    if (size == static_cast<ssize_t>(line.size())) return true;
    is_torn = size > 0;
    return false;
  }

  int fd;
  bool is_torn = false;
};

Result<std::unique_ptr<RecordFile>> RecordFile::open(std::filesystem::path path) {
  std::error_code ignored;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  const int fd = File::open(path);
  if (fd < 0) {
    return {ErrorCode::kNotFound,
            "cannot write call records to " + path.string() + ": " + std::strerror(errno)};
  }
  return std::unique_ptr<RecordFile>(new RecordFile(std::move(path), std::make_unique<File>(fd)));
}

RecordFile::RecordFile(std::filesystem::path path, std::unique_ptr<File> file)
    : path_(std::move(path)), file_(std::move(file)), thread_([this] { run(); }) {}

RecordFile::~RecordFile() {
  is_closing_ = true;
  wake_.release();
  thread_.join();
}

void RecordFile::append(std::string line) {
  if (waiting_.load() >= kMaxWaiting) {
    ++dropped_;
    return;
  }
  ++waiting_;
  line.push_back('\n');
  put([this, line = std::move(line)] {
    --waiting_;
    if (file_->append(line)) {
      ++written_;
    } else if (failed_++ == 0) {
      log::error("records.not_written", {{"file", path_.string()}, {"why", std::strerror(errno)}});
    }
  });
}

void RecordFile::reopen() {
  put([this] { file_->reopen(path_); });
}

RecordFile::Counts RecordFile::counts() const {
  return {.written = written_, .dropped = dropped_, .failed = failed_};
}

void RecordFile::put(Task task) {
  if (mailbox_.put(std::move(task))) wake_.release();
}

void RecordFile::run() {
  while (!is_closing_) {
    wake_.acquire();
    mailbox_.run();
  }
  mailbox_.run();
}

}  // namespace patchcord::store

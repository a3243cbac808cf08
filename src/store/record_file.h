// SPDX-License-Identifier: GPL-3.0-or-later
// RecordFile: lines appended to a file by a thread of its own, so that a slow or full disk never
// holds a call up. What cannot be kept is counted and dropped: a record is less than a call.
// Thread: control; the file belongs to the store thread inside. Owner: app::Server.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>

#include "core/executor.h"
#include "core/result.h"

namespace patchcord::store {

class RecordFile {
 public:
  struct Counts {
    uint64_t written = 0;
    uint64_t dropped = 0;  // too many waited for the disk
    uint64_t failed = 0;   // the system refused: full, gone, not permitted
  };

  // Errors: kNotFound when the file cannot be opened for appending (the text says why).
  static Result<std::unique_ptr<RecordFile>> open(std::filesystem::path path);
  ~RecordFile();  // writes what waits
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;

  void append(std::string line);
  // Opens the path anew, after a log rotation has moved the file away.
  void reopen();
  Counts counts() const;

 private:
  static constexpr int kMaxWaiting = 10'000;

  struct File;
  RecordFile(std::filesystem::path path, std::unique_ptr<File> file);
  void put(Task task);
  void run();

  const std::filesystem::path path_;
  std::unique_ptr<File> file_;  // of the store thread
  Mailbox mailbox_;
  std::counting_semaphore<> wake_{0};
  std::atomic<bool> is_closing_ = false;
  std::atomic<int> waiting_ = 0;
  std::atomic<uint64_t> written_ = 0, failed_ = 0;
  uint64_t dropped_ = 0;
  std::thread thread_;
};

}  // namespace patchcord::store

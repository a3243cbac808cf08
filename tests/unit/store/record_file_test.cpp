// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/record_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace patchcord::store {
namespace {

class RecordFileTest : public ::testing::Test {
 protected:
  RecordFileTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("patchcord-records-" + std::to_string(::getpid()))) {}
  ~RecordFileTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path path() const { return folder_ / "state" / "calls.jsonl"; }
  static std::string read(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  static std::unique_ptr<RecordFile> open(const std::filesystem::path& path) {
    auto file = RecordFile::open(path);
    EXPECT_TRUE(file) << file.error().text;
    return std::move(*file);
  }

  const std::filesystem::path folder_;
};

TEST_F(RecordFileTest, KeepsEveryLineAlsoThoseThatWaitAtTheEnd) {
  auto file = open(path());
  for (int i = 0; i < 1000; ++i) file->append(std::to_string(i));
  file.reset();
  std::istringstream lines(read(path()));
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) EXPECT_EQ(line, std::to_string(count++));
  EXPECT_EQ(count, 1000);
}

TEST_F(RecordFileTest, AppendsToWhatIsThere) {
  open(path())->append("one");
  open(path())->append("two");
  EXPECT_EQ(read(path()), "one\ntwo\n");
}

TEST_F(RecordFileTest, FollowsARotation) {
  auto file = open(path());
  file->append("before");
  while (file->counts().written == 0) ::usleep(1000);
  std::filesystem::rename(path(), folder_ / "old");
  file->reopen();
  file->append("after");
  file.reset();
  EXPECT_EQ(read(folder_ / "old"), "before\n");
  EXPECT_EQ(read(path()), "after\n");
}

TEST_F(RecordFileTest, CountsWhatAFullDiskRefuses) {
  auto file = open("/dev/full");
  file->append("lost");
  file->append("lost too");
  while (file->counts().failed < 2) ::usleep(1000);
  EXPECT_EQ(file->counts().written, 0u);
}

TEST_F(RecordFileTest, SaysWhyItCannotBeOpened) {
  const auto file = RecordFile::open("/proc/nowhere/calls.jsonl");
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().text.find("/proc/nowhere"), std::string::npos);
}

}  // namespace
}  // namespace patchcord::store

#pragma once
// What a student has done, kept in a file of theirs, so that quitting and coming back loses
// nothing.

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace portlab::labs {

/// An answer that was given.
struct GivenAnswer {
  std::size_t part = 0;
  std::size_t step = 0;  ///< from 1, as the file counts
  std::string question;
  bool is_prediction = false;
  std::string answer;  ///< the last one
  std::string right;
  bool was_right = false;
  unsigned tries = 0;
};

/// Something that was done at the prompt.
struct DoneActivity {
  std::size_t part = 0;
  std::size_t step = 0;               ///< from 1, as the file counts
  std::vector<std::string> commands;  ///< as they were typed; of many, the last ones
  unsigned typed_for_them = 0;        ///< how many of them by Enter alone
  unsigned hints = 0;                 ///< that were asked for
  bool skipped = false;               ///< it was done for them
  bool impossible = false;            ///< this machine lacks what it takes
};

/// How far one lab has come.
struct LabProgress {
  std::string title;
  std::size_t part = 0;      ///< the next one
  std::size_t parts = 0;     ///< of the lab
  std::int64_t version = 0;  ///< of the lab's text
  std::size_t steps = 0;
  std::size_t step = 0;              ///< from 1
  std::int64_t started = 0;          ///< seconds since 1970
  std::int64_t finished = 0;         ///< 0: not yet
  unsigned hints = 0;                ///< that were asked for
  std::vector<std::size_t> skipped;  ///< parts
  std::vector<GivenAnswer> answers;
  std::vector<DoneActivity> done;

  bool begun() const { return started != 0; }
  /// What was answered there; null: nothing yet. Valid until another answer is added.
  GivenAnswer* answer_of(std::size_t which);
  /// Takes the place of what was done there before.
  void note(DoneActivity one);
  void note_skipped(std::size_t which);
  /// "3 of 5": how many predictions, or other answers, were right.
  std::string score(bool predictions) const;
};

/// One student's progress in all labs.
class Progress {
 public:
  /// Reads the student's file; there may be none yet. One that is none of ours is put aside.
  explicit Progress(std::string student);

  /// How far this lab has come, to be changed: what is saved is this, and what others saved.
  LabProgress& of(const std::string& lab);
  const std::map<std::string, LabProgress>& labs() const { return labs_; }
  /// Writes it; the file is either the old or the new one. Throws a CommandError.
  void save();
  /// The folder in which this student does that lab; made where it is missing. What is written
  /// there stays until the lab is reset. Throws a CommandError.
  std::string folder_of(const std::string& lab) const;
  /// Where it is kept.
  const std::string& path() const { return path_; }
  const std::string& student() const { return student_; }

  boost::json::object to_json() const;

 private:
  const std::string student_;
  const std::string path_;
  std::map<std::string, LabProgress> labs_;
  std::set<std::string> mine_;  ///< that were asked for
};

}  // namespace portlab::labs

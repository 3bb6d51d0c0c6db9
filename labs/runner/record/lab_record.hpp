#pragma once
// What a student did in one lab, and its JSON.

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace portlab::labs {

/// The answer to the question of a part.
struct GivenAnswer {
  std::size_t part = 0;  ///< index in Lab::parts
  std::size_t step = 0;  ///< from 1
  std::string question;  ///< the text of the part
  bool is_prediction = false;
  std::string answer;  ///< the last one
  std::string right;   ///< the right answer
  bool was_right = false;
  unsigned tries = 0;  ///< 0: skipped
};

/// An activity that has been done.
struct DoneActivity {
  std::size_t part = 0;               ///< index in Lab::parts
  std::size_t step = 0;               ///< from 1
  std::vector<std::string> commands;  ///< that were run; of many the last ones
  unsigned typed_by_enter = 0;        ///< how many of them the lab typed, for Enter at the prompt
  unsigned hints = 0;
  bool skipped = false;
  bool impossible = false;  ///< this machine does not allow it
};

struct LabRecord {
  std::string title;
  std::size_t part = 0;      ///< the next part; `parts` when the lab is finished
  std::size_t parts = 0;     ///< of the lab
  std::int64_t version = 0;  ///< Lab::version
  std::size_t step = 0;      ///< the next step, from 1
  std::size_t steps = 0;
  std::int64_t started = 0;   ///< seconds since 1970; 0: not started
  std::int64_t finished = 0;  ///< seconds since 1970; 0: not finished
  unsigned hints = 0;
  std::vector<std::size_t> skipped;  ///< parts
  std::vector<GivenAnswer> answers;
  std::vector<DoneActivity> done;

  bool has_started() const { return started != 0; }
  /// The answer given at this part; null: none. Valid until an answer is added.
  GivenAnswer* answer_at(std::size_t which);
  const GivenAnswer* answer_at(std::size_t which) const;
  /// Replaces what was done at the same part; an activity that was repeated without any command
  /// replaces nothing.
  void add_done(DoneActivity activity);
  void add_skipped(std::size_t which);
  /// How many predictions, or how many other answers, were right: "3 of 5".
  std::string score(bool predictions) const;
};

boost::json::object to_json(const LabRecord& record);
/// Members that are missing keep their defaults. Throws std::exception where a member has another
/// type.
LabRecord record_from_json(const boost::json::object& object);

}  // namespace portlab::labs

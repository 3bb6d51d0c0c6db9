#pragma once
// What a student did in one lab, and its JSON: the keys are the names of the members. They are in the
// files of students, and do not change.

#include <boost/describe/class.hpp>
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
  bool prediction = false;
  std::string answer;  ///< the last one
  std::string right;   ///< the right answer; empty while the question is open
  bool was_right = false;
  unsigned tries = 0;       ///< 0: skipped
  std::string answer_text;  ///< the last answer; of a choice with its text: "b) It is refused."
  std::string right_text;   ///< the same of the right answer
  std::vector<std::string> wrong;  ///< earlier answers that were wrong, as answer_text
  std::int64_t time = 0;           ///< of the last answer, in seconds since 1970
  std::string asked;               ///< `question` with captured values; empty: it has none

  /// Whether the student has not seen the right answer yet: a prediction before its experiment, a
  /// question that was neither answered right nor skipped.
  bool is_open() const { return right.empty(); }
};
BOOST_DESCRIBE_STRUCT(GivenAnswer, (),
                      (part, step, question, prediction, answer, right, was_right, tries,
                       answer_text, right_text, wrong, time, asked))

/// An activity that has been done.
struct DoneActivity {
  std::size_t part = 0;                    ///< index in Lab::parts
  std::size_t step = 0;                    ///< from 1
  std::vector<std::string> commands = {};  ///< that were run; of many the last ones
  unsigned typed_for_them = 0;  ///< how many of them the lab typed, for Enter at the prompt
  unsigned hints = 0;
  bool skipped = false;
  bool impossible_here = false;            ///< this machine does not allow it
  std::vector<std::string> by_enter = {};  ///< the commands that the lab typed
  std::int64_t time = 0;                   ///< when it was done, in seconds since 1970
};
BOOST_DESCRIBE_STRUCT(DoneActivity, (),
                      (part, step, commands, typed_for_them, hints, skipped, impossible_here,
                       by_enter, time))

struct LabRecord {
  std::string title;
  std::size_t part = 0;      ///< the next part; `parts` when the lab is finished
  std::size_t parts = 0;     ///< of the lab
  std::int64_t version = 0;  ///< Lab::version
  std::size_t step = 0;      ///< the next step, from 1
  std::size_t steps = 0;
  std::int64_t started = 0;   ///< seconds since 1970; 0: not started
  std::int64_t finished = 0;  ///< seconds since 1970; 0: not finished
  std::int64_t changed = 0;   ///< when it was saved last, in seconds since 1970
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
  bool was_skipped(std::size_t which) const;
  /// How many predictions, or how many other answers, were right: "3 of 5". Open ones do not count.
  std::string score(bool predictions) const;
};
BOOST_DESCRIBE_STRUCT(LabRecord, (),
                      (part, step, title, parts, version, steps, started, finished, changed, hints,
                       skipped, answers, done))

/// Members that are missing keep their defaults. Throws std::exception where a member has another
/// type.
LabRecord record_from_json(const boost::json::object& object);

}  // namespace portlab::labs

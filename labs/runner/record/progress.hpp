#pragma once
// A student's progress in all labs: a JSON file, and a working folder for each lab. Both are in
// $XDG_STATE_HOME/portlab or ~/.local/state/portlab; where neither exists, beside the control
// socket.

#include <boost/json/object.hpp>
#include <map>
#include <set>
#include <string>

#include "labs/runner/record/lab_record.hpp"

namespace portlab::labs {

class Progress {
 public:
  /// Reads the student's file, if there is one. A file that cannot be parsed is renamed to
  /// FILE.broken, with a message on stderr. `student` "": the user of this account.
  explicit Progress(std::string student);

  /// The record of this lab, to be changed. save() writes these; of other labs it writes what is in
  /// the file by then, as another terminal may have changed it.
  LabRecord& of(const std::string& lab);
  const std::map<std::string, LabRecord>& labs() const { return labs_; }
  /// Writes the file: it is either the old one or the new one, also after a power cut. Throws a
  /// CommandError.
  void save();
  /// Makes the record of this lab empty, saves, and removes its working folder.
  void reset(const std::string& lab);
  /// The working folder of this lab; it is created. Throws a CommandError.
  std::string folder_of(const std::string& lab) const;
  /// Locks the working folder of this lab until this process ends (flock(2)); waits up to 2 s.
  /// False: another process has the lock.
  bool lock(const std::string& lab) const;

  const std::string& path() const { return path_; }
  const std::string& student() const { return student_; }
  boost::json::object to_json() const;

 private:
  const std::string student_;
  const std::string path_;
  std::map<std::string, LabRecord> labs_;
  std::set<std::string> changed_;  ///< the keys that of() was called with
};

}  // namespace portlab::labs

//! What reading a text can find: mistakes of form, which come before any rule.

/// The names of these mistakes and what each says, by name. They are no rules: they have no page, need no fact of the
/// machine, and are found while texts are read or comments weighed. Those of a text hold every rule back that would need
/// what could not be read.
pub static READING: &[(&str, &str)] = &[
    ("spec::allow_refused", "a comment that allows what no policy can"),
    ("spec::allow_without_effect", "a comment that allows what is not found"),
    ("spec::allow_without_reason", "a comment that allows a finding and does not say why"),
    ("spec::bad_comment", "a comment for topoc that says nothing it understands"),
    ("spec::bad_value", "a value of the right kind that the key does not take"),
    ("spec::missing_key", "a key that has to be there is not"),
    ("spec::name_twice", "a name that another spec of its folder has"),
    ("spec::not_readable", "a file that cannot be read"),
    ("spec::unknown_key", "a key that its mapping does not have"),
    ("spec::unknown_rule", "a name in a policy or an allow that is no rule and no family"),
    ("spec::unknown_version", "a version of the language that this topoc does not read"),
    ("spec::wrong_type", "a value of another kind, such as text for a number"),
    ("yaml::alias_budget", "aliases that stand for more bytes than a text may have"),
    ("yaml::ambiguous", "a plain word that other readers of YAML take for something else"),
    ("yaml::anchor", "an anchor whose name readers disagree on"),
    ("yaml::control_character", "a control character"),
    ("yaml::disagree", "a text of which topoc's two parsers make different values"),
    ("yaml::documents", "more than one document"),
    ("yaml::duplicate_key", "a key that its mapping has already"),
    ("yaml::empty", "a text without a document"),
    ("yaml::key", "a key that is not text"),
    ("yaml::merge", "a merge key `<<` of something that is neither a mapping nor a list of them"),
    ("yaml::not_text", "a NUL byte, which no text has"),
    ("yaml::not_utf8", "a text that is not UTF-8"),
    ("yaml::number", "a number outside of what 64 bits hold"),
    ("yaml::recursive_alias", "an alias inside of its own anchor"),
    ("yaml::syntax", "a text that is not YAML"),
    ("yaml::tag", "a tag, such as `!!str`"),
    ("yaml::too_deep", "lists and mappings nested beyond the limit"),
    ("yaml::too_large", "a text beyond the limit of bytes or values"),
    ("yaml::too_many", "more mistakes than are shown"),
    ("yaml::unknown_anchor", "an alias of an anchor that is not there"),
];

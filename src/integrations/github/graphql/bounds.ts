/** The longest document, in UTF-16 code units; what `gh` and Octokit send stays below a tenth of it. */
export const MAX_DOCUMENT_LENGTH = 65_536
/** Lexical tokens. */
export const MAX_TOKENS = 5_000
export const MAX_COMMENTS = 200
/** Levels of selections, fragments included, from the operation down. */
export const MAX_DEPTH = 24
/** Selections looked at, each fragment counted wherever it is spread: what bounds expansion. */
export const MAX_SELECTIONS = 4_000
/** Fields under another name, each fragment's wherever it is spread. */
export const MAX_ALIASES = 200
/** Fields of the root, after aliases and fragments. */
export const MAX_ROOT_FIELDS = 100
export const MAX_FRAGMENTS = 100
export const MAX_VARIABLES = 100
/** Directives, each fragment's wherever it is spread. */
export const MAX_DIRECTIVES = 100
/** Levels of lists and objects in an argument. */
export const MAX_VALUE_DEPTH = 8

// What text from outside must look like before it may enter: one line, visible characters only, no markup.
// It says nothing about meaning: such text is still somebody's claim, to be quoted and never to be obeyed.

/** Controls, format and bidi characters, everything invisible by default, private, unassigned, broken. */
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** The beginning of a tag, of a comment or of a processing instruction. */
const tagStart = /<[A-Za-z/!?]/;

/** True for one line of visible characters without anything that a page could read as markup. */
export function isPlainText(text: string): boolean {
  return !invisible.test(text) && !tagStart.test(text);
}

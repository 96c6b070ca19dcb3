/** ?example=true: the form is filled with the card's example. */
export const taskSearch = (words: Record<string, unknown>): { example?: boolean | undefined } => ({
  example: words.example === true || words.example === 'true' ? true : undefined,
})

export type InputValue = string | number | string[]

/** What stands in the form of a card, by the name of the input. */
export type Inputs = Record<string, InputValue>

const FIRST_CONSONANTS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'
const SYLLABLE_FIRST = 0xac00
const SYLLABLE_LAST = 0xd7a3
/** Syllables that share a first consonant: 21 vowels × 28 endings (Unicode, chapter 3.12). */
const PER_CONSONANT = 588

/** Whether `name` has `asked` in it, where a lone consonant stands for any syllable that begins with it: ㅅㅎ, 실험. */
export function contains(name: string, asked: string): boolean {
  const text = plain(name)
  const wanted = plain(asked)
  const last = text.length - wanted.length
  for (let from = 0; from <= last; from += 1) {
    if (wanted.every((letter, at) => fits(letter, text[from + at]!))) return true
  }
  return false
}

function plain(text: string): string[] {
  return [...text.normalize('NFC').toLowerCase().replaceAll(/\s+/g, '')]
}

function fits(asked: string, letter: string): boolean {
  if (asked === letter) return true
  const code = letter.codePointAt(0)!
  if (code < SYLLABLE_FIRST || code > SYLLABLE_LAST) return false
  return FIRST_CONSONANTS[Math.floor((code - SYLLABLE_FIRST) / PER_CONSONANT)] === asked
}

// @ts-check
// Plain JavaScript with types in comments: the tests run this very file in a browser, without a build.

/** Final consonants of the Korean names of the digits 0 to 9 (영 일 이 삼 사 오 육 칠 팔 구). */
const DIGIT_FINALS = ['ㅇ', 'ㄹ', '', 'ㅁ', '', '', 'ㄱ', 'ㄹ', 'ㄹ', '']
/** Names of capital letters that end in a consonant: 엘, 엠, 엔, 알. */
const LETTER_FINALS = /** @type {Record<string, string>} */ ({ L: 'ㄹ', M: 'ㅁ', N: 'ㄴ', R: 'ㄹ' })

/**
 * How the spoken word ends.
 * @param {string} word
 * @returns {string | null} '' for a vowel, 'ㄹ', 'x' for any other consonant, null where one cannot know
 */
function ending(word) {
  const bare = word.normalize('NFC').replace(/[\s"'’”)\]}>.,!?…」』]+$/u, '')
  const last = bare.at(-1)
  if (!last) return null
  const code = last.charCodeAt(0)
  if (code >= 0xac00 && code <= 0xd7a3) {
    const final = (code - 0xac00) % 28
    return final === 0 ? '' : final === 8 ? 'ㄹ' : 'x'
  }
  if (/[0-9]/.test(last)) return shorten(DIGIT_FINALS[Number(last)] ?? '')
  // Capitals are read letter by letter (LLM: 엘엘엠).
  if (/[A-Z]/.test(last)) return shorten(LETTER_FINALS[last] ?? '')
  // Small letters are read as a word: only these endings are sure enough (model: 모델, token: 토큰, data: 데이터).
  if (last === 'l') return 'ㄹ'
  if (last === 'm' || last === 'n') return 'x'
  if (/[aeiouy]/.test(last)) return ''
  return null
}

/** @param {string} final */
function shorten(final) {
  return final === '' || final === 'ㄹ' ? final : 'x'
}

/**
 * The particle that fits after `word`.
 * @param {string} word
 * @param {string} pair after a consonant, a slash, after a vowel: '은/는', '이/가', '을/를', '과/와', '으로/로', …
 * @returns {string} one of the two, or '을(를)' where the reading of the word is unknown
 */
export function josa(word, pair) {
  const [closed = '', open = ''] = pair.split('/')
  const end = ending(word)
  if (end === null) return closed === '으로' ? '(으)로' : `${closed}(${open})`
  if (end === '' || (end === 'ㄹ' && closed === '으로')) return open
  return closed
}

/**
 * Fills a sentence: `{name}`, `{name:을/를}` (the word and its particle) and `{name?token/tokens}` (one of two forms, by
 * the number of that name).
 * @param {string} sentence
 * @param {Record<string, string | number>} words
 * @param {string} locale how numbers are written and which form they take
 * @returns {string}
 */
export function fill(sentence, words, locale = 'ko-KR') {
  return sentence.replace(/\{(\w+)(?:([:?])([^}/]+)\/([^}/]+))?\}/g, (whole, name, sign, first, second) => {
    const value = words[name]
    if (value === undefined) return whole
    if (sign === '?') return new Intl.PluralRules(locale).select(Number(value)) === 'one' ? first : second
    const word = typeof value === 'number' ? value.toLocaleString(locale) : value
    return sign ? word + josa(word, `${first}/${second}`) : word
  })
}

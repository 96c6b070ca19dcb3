/**
 * How numbers, sizes, times and dates are written everywhere. Reports are written by malmoi/kit/page.py in the same way:
 * numberForms.json holds the forms of both (tests/kit/test_number_forms.py).
 */
export type Language = 'ko' | 'en'

export const LOCALES = { ko: 'ko-KR', en: 'en-GB' } as const satisfies Record<Language, string>

const THOUSAND = 1000
const UNITS = ['B', 'KB', 'MB', 'GB', 'TB']
const MINUTE_S = 60
const HOUR_S = 3600

export function count(value: number, language: Language): string {
  return value.toLocaleString(LOCALES[language])
}

/** Always as many digits after the point: for numbers that stand below one another or change while one looks. */
export function decimal(value: number, digits: number, language: Language): string {
  return value.toLocaleString(LOCALES[language], { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Four digits at most, or all those before the point; powers of ten below 0.0001. */
export function rounded(value: number, language: Language): string {
  const four = Number(value.toPrecision(4))
  if (four !== 0 && Math.abs(four) < 0.0001) return four.toExponential()
  const whole = Math.abs(value) >= THOUSAND
  return value.toLocaleString(LOCALES[language], whole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 4 })
}

/** Sizes by thousands, three digits: 385 KB. */
export function bytes(size: number, language: Language): string {
  let value = size
  let unit = 0
  // What would be rounded to 1,000 of a unit is 1 of the next.
  while (unit < UNITS.length - 1 && Number(value.toPrecision(3)) >= THOUSAND) {
    value /= THOUSAND
    unit += 1
  }
  return `${value.toLocaleString(LOCALES[language], { maximumSignificantDigits: 3 })} ${UNITS[unit]}`
}

/** A share from 0 to 1. */
export function percent(share: number, language: Language): string {
  return `${decimal(share * 100, 1, language)}%`
}

export function share(part: number, whole: number, language: Language): string {
  return percent(whole === 0 ? 0 : part / whole, language)
}

/** Seconds as people say them: 0.42초, 12.3초, 3분 5초, 1시간 2분. */
export function duration(seconds: number, language: Language): string {
  const [second, minute, hour] = language === 'ko' ? ['초', '분', '시간'] : [' s', ' min', ' h']
  if (Number(seconds.toFixed(2)) < 10) return `${decimal(seconds, 2, language)}${second}`
  if (Number(seconds.toFixed(1)) < MINUTE_S) return `${decimal(seconds, 1, language)}${second}`
  const whole = Math.round(seconds)
  const minutes = `${Math.floor((whole % HOUR_S) / MINUTE_S)}${minute}`
  if (whole < HOUR_S) return `${minutes} ${whole % MINUTE_S}${second}`
  return `${count(Math.floor(whole / HOUR_S), language)}${hour} ${minutes}`
}

export function moment(secondsSince1970: number, language: Language): string {
  return written(secondsSince1970, language, { dateStyle: 'medium', timeStyle: 'short' })
}

/** To the second, for the page of one thing. */
export function exactMoment(secondsSince1970: number, language: Language): string {
  return written(secondsSince1970, language, { dateStyle: 'long', timeStyle: 'medium' })
}

/** The time of today, day and time of this year, the day of an earlier one: as short as it can be without doubt. */
export function shortMoment(secondsSince1970: number, language: Language, now = new Date()): string {
  const then = new Date(secondsSince1970 * 1000)
  const isThisYear = then.getFullYear() === now.getFullYear()
  const isToday = then.toDateString() === now.toDateString()
  return written(secondsSince1970, language, {
    ...(!isToday && { month: 'numeric', day: 'numeric' }),
    ...(isThisYear ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } : { year: 'numeric' }),
  })
}

function written(secondsSince1970: number, language: Language, form: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(LOCALES[language], form).format(secondsSince1970 * 1000)
}

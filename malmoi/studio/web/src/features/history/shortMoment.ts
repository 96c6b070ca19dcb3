import type { Language } from '../../text/numbers'

/** The time of today, day and time of this year, the day of an earlier one: as short as it can be without doubt. */
export function shortMoment(moment: Date, language: Language, now = new Date()): string {
  const isThisYear = moment.getFullYear() === now.getFullYear()
  const isToday = moment.toDateString() === now.toDateString()
  const format = new Intl.DateTimeFormat(language === 'ko' ? 'ko-KR' : 'en-GB', {
    ...(!isToday && { month: 'numeric', day: 'numeric' }),
    ...(isThisYear ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } : { year: 'numeric' }),
  })
  return format.format(moment)
}

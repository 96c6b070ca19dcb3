export type Language = 'ko' | 'en'

const KIB = 1024
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export function bytes(count: number): string {
  let value = count
  let unit = 0
  while (value >= KIB && unit < UNITS.length - 1) {
    value /= KIB
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${UNITS[unit]}`
}

export function count(value: number): string {
  return value.toLocaleString('ko-KR')
}

export function share(part: number, whole: number): string {
  return whole === 0 ? '0%' : `${((part / whole) * 100).toFixed(1)}%`
}

/** Seconds as people say them: 0.42초, 12.3초, 3분 5초, 1시간 2분. */
export function duration(seconds: number, language: Language): string {
  const [second, minute, hour] = language === 'ko' ? ['초', '분', '시간'] : [' s', ' min', ' h']
  if (seconds < 10) return `${seconds.toFixed(2)}${second}`
  if (seconds < 60) return `${seconds.toFixed(1)}${second}`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)}${minute} ${whole % 60}${second}`
  return `${Math.floor(whole / 3600)}${hour} ${Math.floor((whole % 3600) / 60)}${minute}`
}

export function moment(secondsSince1970: number, language: Language): string {
  const format = new Intl.DateTimeFormat(language === 'ko' ? 'ko-KR' : 'en-GB', {
    dateStyle: 'medium',
    timeStyle: 'short',
  })
  return format.format(secondsSince1970 * 1000)
}

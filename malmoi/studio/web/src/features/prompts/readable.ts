import type { Translate } from '../../i18n/language'
import { draftOf } from './draft'
import { NAMES } from './names'

/** A version as text for people to compare: its parts under their names, one parameter to a line. */
export function readable(body: unknown, t: Translate): string {
  const { mode, prompt, system, turns, sampling, variables, examples } = draftOf({ id: '', title: '' }, 0, body)
  const part = (name: string, text: string) => (text === '' ? [] : [`# ${name}`, text, ''])
  const said = turns.flatMap(({ role, text }) => part(role === 'user' ? t('chat.user') : t('chat.assistant'), text))
  const shots = examples.flatMap(({ values, answer }) => [
    `- ${Object.entries(values)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', ')} → ${answer}`,
  ])
  const filled = Object.entries(variables).map(([name, value]) => `${name}: ${value}`)
  const drawn = (Object.keys(NAMES) as (keyof typeof NAMES)[]).map(
    (name) => `${t(NAMES[name])}: ${told(name, sampling[name], t)}`,
  )
  return [
    ...part(t('chat.system'), system),
    ...(mode === 'completion' ? part(t('completion.prompt'), prompt) : said),
    ...part(t('variables.title'), filled.join('\n')),
    ...part(t('examples.title'), shots.join('\n')),
    ...part(t('parameters.title'), drawn.join('\n')),
  ].join('\n')
}

/** A parameter's value as the page shows it: what is empty there is off. */
function told(name: string, value: unknown, t: Translate): string {
  if (name === 'seed' && value === null) return t('parameters.random')
  if (value === null || value === '' || value === false) return t('parameters.off')
  return value === true ? t('parameters.on') : String(value)
}

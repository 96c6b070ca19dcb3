import { useNavigate } from '@tanstack/react-router'
import type { Answer } from '../../streams/answer'
import { useLanguage, type Translate } from '../../i18n/language'
import { Menu } from '../../ui/Menu/Menu'
import { saveFile } from '../../ui/saveFile'
import { toast } from '../../ui/Toast/toasts'
import type { Draft } from './draft'
import { removeDraft, restoreDraft } from './draftStore'
import { newDraft } from './openDraft'
import type { Session } from './session'

interface Props {
  session: Session
  draft: Draft
  answer: Answer
}

/** What is done with all that is written: copied, taken away as a file, thrown away and brought back. */
export function TalkMenu({ session, draft, answer }: Props) {
  const { t } = useLanguage()
  const navigate = useNavigate()
  const text = () => asText(session.now(), answer, t)
  const copy = async () => {
    const done = await navigator.clipboard?.writeText(text()).then(
      () => true,
      () => false,
    )
    toast(done ? t('action.copied') : t('action.copy_refused'))
  }
  const throwAway = async () => {
    const { id } = session
    await session.keep()
    session.end()
    const kept = await removeDraft(id)
    const to = '/play/{-$draft}'
    await navigate({ to, params: { draft: newDraft(draft.mode) }, search: { mode: draft.mode } })
    toast(t('draft.removed'), async () => {
      if (kept) await restoreDraft(kept)
      await navigate({ to, params: { draft: id }, search: { mode: draft.mode } })
    })
  }
  return (
    <Menu
      label={t('talk.more')}
      acts={[
        { id: 'copy', name: t('talk.copy'), icon: 'copy', run: () => void copy() },
        {
          id: 'txt',
          name: t('talk.txt'),
          icon: 'download',
          run: () => saveFile(`${fileName(draft)}.txt`, text(), 'text/plain'),
        },
        {
          id: 'drafts',
          name: t('draft.list'),
          icon: 'file',
          run: () => void navigate({ to: '/prompts', search: { show: 'drafts' } }),
        },
        { id: 'remove', name: t('draft.remove'), icon: 'bin', danger: true, run: () => void throwAway() },
      ]}
    />
  )
}

/** As a person would paste it in a document: who said what, with empty lines between. */
export function asText(draft: Draft, answer: Answer, t: Translate): string {
  if (draft.mode === 'completion') return `${draft.prompt}${answer.text}\n`
  const said = draft.turns.map(({ role, text }) => `${role === 'user' ? t('chat.user') : t('chat.assistant')}: ${text}`)
  const system = draft.system.trim() === '' ? [] : [`${t('chat.system')}: ${draft.system}`]
  return [...system, ...said].join('\n\n') + '\n'
}

function fileName({ title, mode }: Draft): string {
  return (title || mode).replaceAll(/[\\/:*?"<>|]/g, ' ').trim()
}

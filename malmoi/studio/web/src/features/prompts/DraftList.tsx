import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useLanguage } from '../../i18n/language'
import { moment } from '../../text/numbers'
import { Button } from '../../ui/Button/Button'
import { EmptyState } from '../../ui/EmptyState/EmptyState'
import { Icon } from '../../ui/Icon'
import { Loaded } from '../../ui/Loaded'
import { toast } from '../../ui/Toast/toasts'
import { listDrafts, removeDraft, restoreDraft, type Head } from './draftStore'
import { openSession } from './session'

/** What is being written in this browser, saved or not: each leads back to where it was left. */
export function DraftList() {
  const { t, language } = useLanguage()
  const client = useQueryClient()
  const query = useQuery({ queryKey: ['drafts'], queryFn: listDrafts, staleTime: 0 })
  const renew = () => client.invalidateQueries({ queryKey: ['drafts'] })
  const remove = async ({ id }: Head) => {
    const session = openSession(id)
    await session?.keep()
    session?.end()
    const kept = await removeDraft(id)
    await renew()
    toast(t('draft.removed'), async () => {
      if (kept) await restoreDraft(kept)
      await renew()
    })
  }
  return (
    <Loaded query={query}>
      {(drafts) =>
        drafts.length === 0 ? (
          <EmptyState icon="playground" title={t('draft.none')}>
            {t('draft.none_how')}
          </EmptyState>
        ) : (
          <ul className="rows">
            {drafts.map((head) => (
              <li key={head.id} className="row">
                <Link
                  to="/play/{-$draft}"
                  params={{ draft: head.id }}
                  search={{ mode: head.mode }}
                  className="row-name"
                >
                  <strong>{head.title || head.line || t('draft.blank')}</strong>{' '}
                  <span className="quiet">
                    {t(head.mode === 'chat' ? 'playground.chat' : 'playground.completion')} ·{' '}
                    {moment(head.at / 1000, language)}
                  </span>
                </Link>
                <Button
                  kind="bare"
                  aria-label={t('draft.remove_one', { title: head.title || head.line })}
                  onPress={() => void remove(head)}
                >
                  <Icon name="bin" />
                </Button>
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  )
}

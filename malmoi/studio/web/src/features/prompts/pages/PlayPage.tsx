import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useLanguage } from '../../../i18n/language'
import { ErrorNote } from '../../../ui/ErrorNote'
import { EmptyState } from '../../../ui/EmptyState/EmptyState'
import { Button } from '../../../ui/Button/Button'
import { Page } from '../../../ui/Page'
import { toast } from '../../../ui/Toast/toasts'
import { Play } from '../Play'
import { draftFor, newDraft } from '../openDraft'
import { useDraft } from '../useDraft'

const FROM = '/play/{-$draft}'

/** /play: goes to the draft that this tab writes on, or to one of the prompt that the address names. */
export default function PlayPage() {
  const { draft } = useParams({ from: FROM })
  return draft ? <Opened key={draft} id={draft} /> : <Opening />
}

function Opening() {
  const { t } = useLanguage()
  const search = useSearch({ from: FROM })
  const navigate = useNavigate()
  const { data, error } = useQuery({
    queryKey: ['draft for', search],
    queryFn: () => draftFor(search),
    staleTime: 0,
    gcTime: 0,
  })
  useEffect(() => {
    if (data === undefined) return
    void navigate({ to: FROM, params: { draft: data }, search: { mode: search.mode }, replace: true })
  }, [data, navigate, search.mode])
  return <Page title={t('rail.playground')}>{error && <ErrorNote error={error} />}</Page>
}

function Opened({ id }: { id: string }) {
  const { t } = useLanguage()
  const { mode } = useSearch({ from: FROM })
  const navigate = useNavigate()
  const opened = useDraft(id)
  const to = opened.state === 'moved' ? opened.to : null
  useEffect(() => {
    if (to === null) return
    toast(t('draft.copied'))
    void navigate({ to: FROM, params: { draft: to }, search: { mode }, replace: true })
  }, [to, mode, navigate, t])
  if (opened.state === 'open') return <Play session={opened.session} />
  if (opened.state !== 'absent') return <Page title={t('rail.playground')}>{null}</Page>
  const begin = () => void navigate({ to: FROM, params: { draft: newDraft(mode) }, replace: true })
  return (
    <Page title={t('rail.playground')}>
      <EmptyState
        icon="playground"
        title={t('draft.absent')}
        act={
          <Button kind="main" onPress={begin}>
            {t('draft.new')}
          </Button>
        }
      >
        {t('draft.absent_why')}
      </EmptyState>
    </Page>
  )
}

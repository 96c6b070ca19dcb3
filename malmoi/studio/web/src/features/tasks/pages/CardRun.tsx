import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { cards } from '../../../api/queries'
import { useLanguage } from '../../../i18n/language'
import { BackLink } from '../../../ui/BackLink'
import { EmptyState } from '../../../ui/EmptyState/EmptyState'
import { Loaded } from '../../../ui/Loaded'
import { Page } from '../../../ui/Page'
import { FormCard } from '../FormCard'
import { WordChain } from '../WordChain'

export default function CardPage() {
  const { card } = useParams({ from: '/tasks/$card' })
  return <CardRun key={card} id={card} />
}

function CardRun({ id }: { id: string }) {
  const { t } = useLanguage()
  const query = useQuery(cards())
  const card = query.data?.find((one) => one.id === id)
  if (card?.output.type === 'word_chain') return <WordChain card={card} />
  if (card) return <FormCard card={card} />
  return (
    <Page title={t('rail.cards')}>
      <Loaded query={query}>
        {() => <EmptyState icon="search" title={t('cards.unknown', { id })} act={<BackLink />} />}
      </Loaded>
    </Page>
  )
}

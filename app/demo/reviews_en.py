"""What English-speaking customers write in reviews; `phrases.py` explains the marks."""

REVIEWS = """
== -2 late
[Ordered|I ordered] it for my [sister's|mum's|dad's] birthday, it came {days} days late. Thanks for nothing.
{days} days late, no email, no apology, nothing. [Never again.|I'm done.|Done with this shop.]
Promised in five days. It took so long that I had forgotten what I ordered.
What is the point of a delivery date if you miss it by {days} days and nobody picks up the phone?
Worst delivery I have had from anyone. The tracking page just said "on its way" for {days} days.
Oh wonderful, only {days} days late this time. Shall I send you a medal?
== -2 broken
The {product} arrived in pieces. [Literally|Really], you could hear it rattle in the box.
Smashed. No padding at all, just a {product} rolling around in a big box. Who packs like this?
Second time something arrives broken. I am not paying to collect your shards.
Lovely mosaic you sent me. I had ordered a {product}.
Cut my finger on what used to be a {product}. Absolutely unacceptable.
== -2 wrong
I ordered the {product} and got the {other}. How hard can it be to read a label?
Wrong item, wrong colour, and then they asked ME for photos to prove it. Ridiculous.
Got somebody else's parcel. God knows who has my {product} now.
== -2 refund
Sent it back [three weeks|a month|ages] ago and still no refund. This is my money, not yours.
They refused the refund because the box was "opened". How else would I see that it's broken??
Avoid. Taking your money is instant, giving it back takes {days} days and six emails.
I had to involve my bank to get my money back. That says everything about this shop.
== -2 price
[Overpriced rubbish.|Daylight robbery.] Price up {percent}% since last year, quality down by the same.
You raise the price {percent}% and make the bag smaller, and you think that we don't notice.
== -2 rival
Found the same {product} {percent}% cheaper elsewhere, delivered next day. Goodbye.
Never buying here again, the other shop charges {percent}% less and actually answers.
== -2 subscription
I cancelled the subscription and they charged me anyway. Twice.
The subscription is a trap: easy to start, a nightmare to stop.
== -2 tea
This {product} is stale. It smells of cardboard and tastes of nothing. Straight into the compost.
Undrinkable. I have bought this {product} for years and this batch is dust from the floor.
Don't. Just don't. It's bitter, it's full of stalks and it's not what the picture shows.
== -2 ware
The {product} broke after a week of normal use. Cheap junk with a pretty photo.
It fell apart while I was washing it. By hand. With cold water.
== -2 cup
Awful quality. The glaze was coming off into my drink, I threw the {product} away.
== -2 pot
It leaks from day one. A {product} that leaks! What on earth did I pay for?
== -2 staff
The person I spoke to was rude and hung up on me. I've spent a small fortune here over the years.
Customer service is a joke. Four chats, four different answers, zero help.
== -2 any
[Terrible.|Awful.|Just terrible.] [Avoid.|Stay away.|Do yourself a favour and go elsewhere.]
I used to recommend this shop to everyone. Now I warn them.
Zero stars if I could.
So disappointed I don't even want to write about it.
I have been a customer for years and this is how you treat people. I won't be back.
no. just no.
== -2 tail
Never again.
I've told all my friends.
Account closed.
And nobody cares.
I want my money back!
Shame, the tea used to be good.
== -1 late
Arrived {days} days late. The {product} is fine but I'd have liked [to be told|an email at least].
Slower every time. Used to be three days, now it's more than a week.
Late again. I don't mind waiting, I mind not knowing.
It came eventually. By then I had bought something else in town.
Not impressed by the delivery, {days} days over the date you gave me.
== -1 broken
The {product} had a chip on the rim. Usable, but not what I paid for.
Lid cracked on arrival. I'll keep it because sending it back is more work than it is worth.
One of the pieces was broken. Please use more padding, this is ceramics and not a football.
Came with a hairline crack. Sadly not the first time.
== -1 wrong
They sent the {other} instead of the {product}. Got sorted, sort of, after a lot of mails.
Not the colour I chose. Can't be bothered to return it.
== -1 refund
The refund took {days} days and two reminders. It shouldn't be that hard.
Only part of the money came back, "handling fee" they say. Hm.
== -1 price
It has become expensive. {percent}% more than last spring, for the same bag.
Hard to justify the price now, I'll think twice next time.
Shipping costs nearly as much as the {product}. Not great.
== -1 rival
Nice shop, but I've seen the same {product} for {percent}% less. Loyalty only goes so far.
A friend pays {percent}% less for this somewhere else, so I'm wondering.
== -1 subscription
The subscription keeps sending too much, and changing the rhythm is hidden somewhere deep in the account.
Subscription box was late and two things were swapped without asking.
== -1 tea
The {product} is weaker than it used to be. [Still drinkable.|Not bad, just not the same.]
Expected more. The {product} smells nice but there's nothing behind it.
A bit dusty, a bit flat. My last bag was much better.
== -1 ware
Smaller than it looks in the picture.
== -1 cup
The {product} gets so hot that you can't hold it.
Tiny. Three sips and it's empty.
== -1 pot
The {product} drips when you pour. Every. Single. Time.
Pretty, but the {product} holds barely one cup.
== -1 ware
Feels cheap. I'd hoped for more at this price.
== -1 staff
The chat kept sending me round in circles before someone answered. Friendly in the end, but half an hour gone.
They were polite, but nothing happened after.
== -1 any
[Meh.|Hmm.] Used to be better.
Not what I've come to expect from you, I'm afraid.
I'm a patient person but this was not good.
I really wanted to like it.
Disappointing. With kind regards from a regular.
could be better tbh
== -1 tail
Not sure I'll order again.
Let's see whether the next one goes better.
I expected more.
Pity.
I'm sure you can do better than this.
The tea itself is nice though.
== 0 late
A few days late, otherwise as described.
The {product} is good, the delivery isn't. So three stars it is.
Took its time, but it's here now.
== 0 broken
One piece chipped, the replacement came without discussion. So half annoyed, half pleased.
Box was crushed, {product} survived. Lucky.
== 0 wrong
First the wrong one, then the right one. In the end I have my {product}.
== 0 refund
Sent it back, got the money back after a while. Fine.
== 0 price
Good but pricey.
I like the {product}, I don't like what it costs these days.
Decent {product}. I'd buy it when it's on sale, not at full price.
== 0 rival
About the same as the one from the supermarket, honestly. That one's {percent}% cheaper.
== 0 subscription
The subscription is handy, though I often skip a month.
== 0 tea
The {product} is okay. Needs a longer brew than the packet says, four minutes at least.
Not my favourite but my husband drinks it. Nothing wrong with it.
Pleasant, a bit light. I'd call it an afternoon tea.
Good smell, average taste.
I've had better and I've had worse.
Fine for the office. For Sundays I drink something else.
The {product} grows on you, the first cup was a bit grassy for me.
== 0 ware
The {product} does what it should. Nothing more to say.
Nothing special, nothing wrong. It's in the cupboard with the others.
Looks good, feels a bit light.
== 0 cup
Pretty, but take care: it gets very hot to hold.
== 0 pot
Good size for one person, too small for guests. The {product} is otherwise solid.
Pours well, a bit of a pain to clean inside.
== 0 ware
== 0 packaging
Box was a bit battered, inside everything alright.
No idea why a {product} needs a box the size of a microwave.
Far too much plastic round one {product}. Product okay.
== 0 staff
Asked a question before I bought and got an answer a day later. Okay.
Nice people, slow people.
They answered. Could have been warmer, could have been worse.
== 0 shrug
It's a {product}. What can I say.
ok
fine i guess
It is what it is.
Whatever. It arrived.
does the job
No opinion really.
== 0 any
As described.
Average.
Some things good, some things less good.
Neither happy nor unhappy.
== 0 tail
Might try another one.
No complaints, no cheers.
We'll see.
== 1 late
Came {days} days late, but they wrote to me before I had to ask. That's how to do it.
Delivery was a bit slow, the {product} was worth the wait.
== 1 broken
The first one arrived cracked and they sent a new {product} without any fuss. [Good.|Respect.]
Small chip, quick refund for that part. Fair.
== 1 wrong
They mixed up my order but had the right {product} here three days later, and let me keep the other one.
== 1 refund
Returned one thing, money was back in {days} days. No questions asked.
== 1 price
Not cheap, but you see where the money went.
Fair price for what you get.
Got it with the discount, and at that price it's a good deal.
== 1 subscription
Subscription works well for me, one bag a month and I never run out.
== 1 tea
Nice {product}, fresh and [fragrant|clean|mild]. Would buy again.
The {product} has a lovely smell when you open the bag. Second brew is good as well.
Honest {product}, no bells and whistles.
This one went quickly, so that tells you something.
Good everyday tea. My colleagues keep stealing it.
Better than I expected. A bit sweet at the end, and not bitter even when I forget it.
== 1 ware
The {product} is well made and easy to clean.
== 1 pot
Happy with it. The {product} pours nicely and looks good on the shelf.
No dripping, good weight, easy to fill. Exactly what I wanted.
== 1 cup
Sits well in the hand. I use the {product} at work now.
== 1 ware
Looks better than in the photo. Small thing, but it makes me happy.
Solid {product}, heavier than I thought, in a good way.
== 1 packaging
Well packed, arrived in one piece. The {product} looks like the photo.
Paper instead of plastic, like that a lot.
== 1 staff
Had a question about the {product} and got a proper answer from someone who clearly drinks the stuff.
Friendly service, quick reply.
== 1 any
Good. [Would order again.|Will order again.|Happy.]
No complaints at all.
All fine, on time, as described.
Another good order.
Pleased with it
solid 4 stars
== 1 tail
Thank you.
Would recommend.
Already thinking about the next one.
One star less for the shipping cost.
== 2 late
Stuck in the storm, so they called me, sent another and added a little tin of tea. Such service!
== 2 broken
It arrived broken, I sent a photo, ninety minutes later a new {product} was on its way. Wow.
Accidents happen. How they dealt with it is why I stay.
== 2 wrong
Wrong parcel at first, but what a kind apology, and a courier so that I had the {product} by Sunday.
== 2 refund
Easiest refund of my life, in my account the next day. I spent it here again straight away.
== 2 price
Worth every penny and then some.
I'd pay twice as much for this {product}, but don't tell them.
== 2 subscription
Best subscription I have. When I was in hospital they paused it and sent a card. Who does that!
== 2 tea
[Best|By far the best] {product} I've had outside of [China|Japan|Taiwan]. [Wow.|Just wow.|]
I've lost count of how many bags of this {product} I've had and I still close my eyes with the first sip.
I had to sit down. I didn't know that {product} could taste like this.
The smell alone is worth the money.
Gorgeous. Floral, long, and it takes five infusions without giving up.
My mother doesn't like anything, and she likes this {product}. Enough said.
Opened the bag and the whole kitchen smelled of spring. I've ordered three more for presents.
== 2 ware
The {product} is beautiful. It makes the morning feel slower, if that makes sense.
Hands down the nicest thing in my kitchen.
I use this {product} every single day and love it more every week.
Exquisite. The photo doesn't do it justice.
Bought one {product}, then another for my daughter, and now one for the neighbour who saw it.
== 2 packaging
I've kept the box, it's that pretty. The {product} inside even more so.
Packed like a present, with a little note. You notice that somebody cares.
Not a scratch on it, and everything in the box can be composted. Perfect.
== 2 staff
When my order went astray in spring they stayed on it for days. Rare.
A huge thank you to the [lady|young man|person] in the chat who helped me choose. Patient, funny, and right.
Talking to people who love tea is a joy. Thank you for your kindness.
== 2 any
[Perfect.|Love it.|Absolutely love it.] [As always.|Again.|]
Five stars, would give six.
Years of orders, never a bad one.
My favourite shop, full stop.
So happy!!
I don't write reviews normally but this deserves one.
== 2 tail
Thank you, thank you.
You have a customer for life.
Keep doing what you do!
My whole family is hooked.
Highly recommended.
"""

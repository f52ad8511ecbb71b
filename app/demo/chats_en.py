"""What is said in past English chats; `phrases.py` explains the marks."""

CHATS = """
== -2 late
Where is my order {order}?? It's {days} days late and nobody tells me anything
This is the third time I write about {order}. THIRD. Where's my parcel?
I needed the {product} last week. It's useless to me now. What are you going to do about it?
{days} days. For a {product}. Are you walking here with it?
== -2 broken
My {product} came smashed to bits. I want my money back, not another one
Opened the box, glass everywhere. My kids were standing next to me. Unbelievable
you sent me a broken {product} AGAIN
== -2 wrong
I got the {other}. I ordered the {product}. Do you even look at what you pack?
Wrong item in {order} and I need it tomorrow. What a mess
== -2 refund
Where is my refund for {order}? It's been {days} days. I'm going to my bank next
You promised the refund "within the week". That was {days} days ago. I don't believe a word any more
So you keep the {product} AND my money, is that how it works?
== -2 price
you put the price up {percent}% without a word and I'm supposed to be happy?
== -2 rival
I can get the {product} for {percent}% less and with people who answer. Give me one reason to stay
== -2 subscription
I cancelled weeks ago and you charged me again. Take it off my card NOW
Stop the subscription, close the account, delete everything. I've had enough
== -2 leaving
I'm closing my account. Years of orders, and you couldn't care less
Please delete my account. I won't be ordering here again, and you know why
Just so you know: you lost a customer today
== -2 follow
are you a robot? I want a person
That's the same answer I got last time
No. I've sent the photos twice already
I've been polite long enough
Unbelievable. Really
don't tell me to be patient
So nobody is responsible, as usual
== -2 close
fine. I'll go elsewhere
Forget it
This is the last you hear from me
Great, "sorry". That helps a lot
== -1 late
Hi, {order} should have been here {days} days ago. Can you look please?
My parcel hasn't moved since last week. I'm getting a bit worried
Sorry to bother you again, but the {product} still isn't here
tracking says delivered, there's nothing here
== -1 broken
Hello, the {product} has a crack. I don't want to make a fuss but it does leak
The lid of the {product} was broken when I opened it. What do I do now
one of the cups is chipped, not happy
== -1 wrong
I think there's a mix-up in {order}, I received the {other}
This isn't the {product} I ordered. It's the second mix-up this year
== -1 refund
I returned the {product} {days} days ago and I don't see the money yet
Could you check my refund please? I was told it'd be quicker
Only half was refunded, is that right?
== -1 price
Why has the {product} gone up so much? It was {percent}% less in spring
Shipping is quite a lot for one small {product}, is there no other way?
== -1 rival
I've seen the same {product} {percent}% cheaper in another shop. Do you match prices?
Honestly I'm comparing at the moment, others are {percent}% below you
== -1 subscription
How do I stop the subscription? I can't find the button
The box comes too often, I've got tea for two years. I'd rather cancel
== -1 leaving
I don't think I'll be ordering for a while
I'm thinking about closing my account, it's not been great lately
== -1 follow
I've already tried that
hm, that doesn't really answer my question
And how long is that going to take?
Can someone have a look please?
I'd expected a bit more after all this time
It's just that it's not the first time
== -1 close
Okay. I'll wait then
well, thanks anyway
Not really solved but ok
alright, if that's all you can do
== 0 late
Hi, any news on {order}?
is {order} on its way? it's a few days over
== 0 broken
The {product} arrived with a small crack, how does a replacement work?
== 0 wrong
Got the {other} instead of the {product}, where do I send it?
== 0 refund
When can I expect the refund for {order}?
== 0 price
Is there a discount if I take three of the {product}?
== 0 rival
Do you match prices? Saw the {product} for less
== 0 subscription
Can I change the subscription to every two months?
How does the subscription work, can I skip a month?
== 0 delivery
How long does delivery take at the moment?
[hi|hey|Hello], when will {order} arrive?
Do you deliver on Saturdays?
can you send it to a pick-up point instead of my door
What does shipping cost if I only take the {product}?
== 0 returns
What's your return policy?
Can I return the {product} if it's been opened?
how many days do i have to send something back
Who pays the return shipping?
== 0 stock
Is the {product} coming back in stock?
When will you have the {product} again?
Do you have the {product} as a gift set
== 0 size
How big is the {product}? I can't find the measurements
What does the {product} weigh?
will the {product} survive the dishwasher
== 0 brewing
How hot should the water be for the {product}?
Is the {product} low in caffeine? It's for the evening
== 0 follow
ok
And is that the same for gifts?
Which page is that on?
thx
where do I see that?
== 0 wait
ok, let me know
How long does that take?
Fine, I'll wait.
Do you need anything else from me?
== 0 close
Okay, thanks
ok got it
That's all, bye
whatever, fine
Alright.
== 1 late
Hi there, {order} seems a bit late, no rush, just want to be sure it isn't lost
== 1 broken
Hello! Tiny chip on the {product}, it's no drama, but you may want to tell the packers
== 1 wrong
Small mix-up, I've got the {other} here. Happy to send it on if you tell me where
== 1 refund
Refund for {order} came through, thank you for being quick
== 1 subscription
I like the subscription, could I add the {product} to it?
== 1 delivery
Hi, looking forward to {order}! Any idea which day?
Could you pop a gift note into {order}? It's for a friend
== 1 returns
Love the {product} but I bought it twice by mistake, can I send one back?
== 1 stock
Please tell me the {product} is coming back, I've been waiting for weeks
== 1 size
Thinking of the {product} as a present, does it come in a nice box?
== 1 brewing
Enjoying the {product}! Can I brew it cold as well?
Got any tips for the second brew of the {product}?
== 1 thanks
{order} arrived this morning, all good, thanks
Just wanted to say the {product} is nice, thank you
Parcel's here, and a day early. Good work
== 1 follow
Ah good, thank you
that makes sense
Perfect, and can I pay with the voucher?
Nice, that was quick
Good to know
no worries, take your time
== 1 wait
Thanks, no rush
Okay, thank you for checking
Great, I'll wait for your message then
== 1 close
Thanks for your help!
Great, that's what I needed
Cheers, have a good day
lovely, thank you
Brilliant, thanks
== 2 late
I know {order} is late because of the storm, just want to say your driver was a star
== 2 broken
The new {product} is here, perfect this time. Thank you for sorting it so fast!
== 2 wrong
The right {product} arrived and you let me keep the {other}?! You're too kind
== 2 subscription
Best subscription ever. Can I give one to my mum as a present?
== 2 delivery
Can't wait for {order}!! Is it going to be here by the weekend?
== 2 stock
Everyone here wants the {product} now, my fault. When is it back?
== 2 size
I adore the {product}, do you make a bigger one?
== 2 brewing
The {product} is heavenly. What else should I try that's like it?
== 2 thanks
No question today, only a thank you. The {product} made my week
Whoever packed {order}: that little note made me smile. Thank you!
I've just unpacked the {product}. Oh my. Please never stop selling it
Please pass on my thanks to the person who helped me on Monday, an absolute gem
You guys are the best, honestly
My gift arrived and my friend cried (happy tears). thank you!!
== 2 follow
Wow, that was fast!
You're wonderful
aww thank you
That's so kind of you
I tell everyone about you
== 2 wait
No hurry at all, you're always so good about it
Thank you for looking!
== 2 close
Thank you so much, you've made my day
Best service anywhere, thanks!
You're stars, all of you
Love you guys, bye!
Thank you, see you with the next order :)
"""

REPLIES = """
== bot late
I'm sorry that your parcel is late. I can see the order, and a colleague will check with the carrier.
That is later than we promised. I'm asking a colleague to look into it.
== bot broken
I'm sorry it arrived damaged. Could you send a photo? A colleague will arrange the rest.
== bot wrong
I'm sorry about the mix-up. A colleague will send the right item.
== bot refund
Refunds usually take 5 working days after the parcel is back. Let me ask a colleague to check yours.
== bot price
Prices follow the harvest and the freight. I'll pass your comment on.
== bot rival
We can't always match other shops. I'm asking a colleague what is possible.
== bot subscription
You can pause, change or stop the subscription under Account, Subscription. Shall I ask a colleague?
== bot leaving
I'm sorry to hear that. I'm asking a colleague to talk to you.
== bot delivery
Delivery takes 3 to 5 working days, and you get a tracking link when the parcel leaves.
== bot returns
You can return unused items within 30 days; damaged ones at our cost.
== bot stock
I can note your address and write to you when it is back.
== bot size
The measurements are at the bottom of the product page. I can ask a colleague if they are missing.
== bot brewing
It is on the label: most greens 80 degrees, oolong 90, black tea boiling. Most work cold as well.
== bot thanks
Thank you, I'll pass that on to the team!
== agent mended
Hello, this is [Jo|Priya|Tom|Elsie]. I've sent a replacement and refunded the shipping. Sorry for the trouble.
[Jo|Priya|Tom|Elsie] here. The warehouse has sorted it, with a small gift in the parcel. Sorry again.
Hi, I've put this right on our side, the money is on its way back to you. Thank you for your patience.
== agent mended-refund
Hi, this is [Jo|Priya|Tom|Elsie]. Your refund was stuck, I've just released it. It's there tomorrow.
You're right, that took too long. The money left today, and I've added a voucher.
== agent refused
Hello, I've checked, and I'm afraid there is nothing more I can do here.
I understand, but our rules leave me no room here.
== agent refused-late
The carrier says it was handed over correctly, so I can't refund this. Sorry.
It's still on its way, so I can't refund anything at this point.
== agent refused-refund
I understand, but this falls outside our return period.
The parcel came back opened, so only a part can be refunded.
== agent open
I've passed this on to the warehouse, we'll come back to you.
Thanks, I've made a note. Someone will write to you.
== agent farewell
I'm sorry to see you go. Thank you for the years with us.
"""
